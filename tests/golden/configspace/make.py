import json, sys, warnings
warnings.filterwarnings("ignore")
from ConfigSpace import *
import numpy as np
def save(cs,name,cases=60):
    f=f"{name}.json"; cs.to_json(f)
    return cs
def svm():
    cs=ConfigurationSpace(name="svm",seed=0)
    k=Categorical("kernel",["linear","poly","rbf","sigmoid"],default="poly"); C=Float("C",(0.001,1000.0),default=1.0,log=True)
    s=Categorical("shrinking",[True,False],default=True); d=Integer("degree",(1,5),default=3); c0=Float("coef0",(0.0,10.0),default=0.0)
    g=Categorical("gamma",["auto","value"],default="auto"); gv=Float("gamma_value",(0.0001,8.0),default=1.0,log=True)
    cs.add([k,C,s,d,c0,g,gv]); cs.add([InCondition(d,k,["poly"]),InCondition(c0,k,["poly","sigmoid"]),InCondition(g,k,["rbf","poly","sigmoid"]),InCondition(gv,g,["value"])])
    return cs
def priors():
    cs=ConfigurationSpace(name="priors",seed=0)
    cs.add([UniformIntegerHyperparameter("n_layer",1,5),BetaIntegerHyperparameter("n_neurons",lower=8,upper=256,alpha=4,beta=2,log=True),
     CategoricalHyperparameter("activation",["logistic","tanh","relu"],weights=[1,1,3],default_value="relu"),
     NormalFloatHyperparameter("learning_rate_init",lower=1e-5,upper=1.0,mu=1e-3,sigma=10,log=True),
     NormalIntegerHyperparameter("epochs",mu=20,sigma=5,lower=1,upper=50),BetaFloatHyperparameter("dropout",alpha=3,beta=2,lower=0,upper=0.5),Constant("loss","mse")])
    return cs
def rules():
    cs=ConfigurationSpace(name="rules",seed=0)
    a=Integer("a",(1,10),default=2); b=Float("b",(0.0,1.0),default=0.5); c=Categorical("c",["x","y","z"]); o=OrdinalHyperparameter("o",["small","medium","large"])
    d=Integer("d",(1,10)); e=Float("e",(0.0,1.0),default=0.7); f=Categorical("f",[True,False]); g=Integer("g",(1,1000),log=True); h=Float("h",(0.0,1.0)); i=OrdinalHyperparameter("i",[8,16,32])
    cs.add(a,b,c,o,d,e,f,g,h,i)
    cs.add(OrConjunction(AndConjunction(EqualsCondition(d,c,"x"),GreaterThanCondition(d,a,3)),InCondition(d,o,["medium","large"])))
    cs.add(NotEqualsCondition(g,c,"z")); cs.add(LessThanCondition(h,o,"large"))
    cs.add(ForbiddenAndConjunction(ForbiddenEqualsClause(c,"y"),ForbiddenInClause(o,["small","large"])))
    cs.add(ForbiddenGreaterThanRelation(b,e)); cs.add(ForbiddenGreaterThanClause(a,9))
    cs.add(ForbiddenOrConjunction(ForbiddenAndConjunction(ForbiddenEqualsClause(f,False),ForbiddenLessThanEqualsClause(h,0.2)),ForbiddenAndConjunction(ForbiddenEqualsClause(i,32),ForbiddenGreaterThanEqualsClause(g,500))))
    return cs
def mlp():
    cs=ConfigurationSpace(name="mlp",seed=0)
    h=[Integer("n_layer",(1,5),default=1),Integer("n_neurons",(8,256),log=True,default=10),Categorical("activation",["logistic","tanh","relu"],default="tanh"),
       Categorical("solver",["lbfgs","sgd","adam"],default="adam"),Integer("batch_size",(30,300),default=200),Categorical("learning_rate",["constant","invscaling","adaptive"],default="constant"),Float("learning_rate_init",(1e-4,1.0),default=1e-3,log=True)]
    cs.add(h); s=cs["solver"]
    cs.add([EqualsCondition(cs["learning_rate"],s,"sgd"),InCondition(cs["batch_size"],s,["sgd","adam"]),InCondition(cs["learning_rate_init"],s,["sgd","adam"])])
    return cs
def plain(v):
    return v.item() if hasattr(v,"item") else v
if __name__=="__main__":
    rng=np.random.RandomState(1)
    for make in (svm,priors,rules,mlp):
        cs=make(); name=make.__name__
        cs.to_json(f"{name}.json")
        space=json.load(open(f"{name}.json"))
        cases=[]
        for cfg in cs.sample_configuration(40):
            cfg={k:plain(v) for k,v in dict(cfg).items()}
            cases.append([cfg,True])
            # exchange one value for another of its domain, keep the rest
            other=dict(cfg); k=rng.choice(list(cs)); other[str(k)]=plain(cs[k].sample_value(seed=rng))
            try: Configuration(cs,values=other).check_valid_configuration(); ok=True
            except Exception: ok=False
            cases.append([other,ok])
        json.dump({"space":space,"cases":cases},open(f"{name}.cases.json","w"))
        print(name,sum(o for _,o in cases),len(cases))
        from ConfigSpace.read_and_write import pcs_new
        if name in("svm","mlp"):
            open(f"{name}.pcs","w").write(pcs_new.write(cs))
