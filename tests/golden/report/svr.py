# Writes svr.json: epsilon-SVR of scikit-learn on standardised targets, the reference of analysis/regression.rs.
import json
import numpy as np
from sklearn.svm import SVR

random = np.random.default_rng(7)
cases = []
for n, width, c, gamma, epsilon in [(12, 2, 1.0, 0.5, 0.1), (40, 6, 10.0, 0.1, 0.05), (60, 9, 100.0, 0.02, 0.2)]:
    rows = random.normal(size=(n, width)).round(6)
    targets = (-2 + np.sin(rows[:, 0]) + 0.4 * rows[:, 1] ** 2 + 0.2 * random.normal(size=n)).round(6)
    queries = random.normal(size=(25, width)).round(6)
    mean, deviation = targets.mean(), targets.std()
    model = SVR(C=c, gamma=gamma, epsilon=epsilon, tol=1e-6).fit(rows, (targets - mean) / deviation)
    cases.append({"c": c, "gamma": gamma, "epsilon": epsilon, "rows": rows.tolist(), "targets": targets.tolist(),
                  "queries": queries.tolist(), "supports": int(model.n_support_.sum()),
                  "predictions": (mean + deviation * model.predict(queries)).round(8).tolist()})
json.dump(cases, open("tests/golden/report/svr.json", "w"))
