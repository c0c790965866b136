# Subset of Inter for the report's figures: Latin-1 and the signs below, tabular digits, no kerning.
import subprocess, sys
from fontTools.ttLib import TTFont
TEXT = "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·×±°–—−★○●ρσαγεΔμ²≥≤→←↓↑√∞≈′″…“”‘’½¼▲▼■□◆✓"
for weight in ("Regular", "SemiBold"):
    font = TTFont(f"/usr/share/fonts/opentype/inter/Inter-{weight}.otf")
    names, gsub = font.getBestCmap(), font["GSUB"].table
    lookup = next(f.Feature.LookupListIndex[0] for f in gsub.FeatureList.FeatureRecord if f.FeatureTag == "tnum")
    table = gsub.LookupList.Lookup[lookup].SubTable[0]
    mapping = getattr(table, "ExtSubTable", table).mapping
    for digit in "0123456789":
        tabular = mapping[names[ord(digit)]]
        for table in font["cmap"].tables:
            if ord(digit) in table.cmap: table.cmap[ord(digit)] = tabular
    font.save("/tmp/t.otf")
    subprocess.check_call([sys.executable, "-m", "fontTools.subset", "/tmp/t.otf", "--unicodes=U+0020-007E,U+00A0-00FF", "--text="+TEXT, "--layout-features=",
        "--no-hinting", "--desubroutinize", "--name-IDs=0,1,2,13,14", f"--output-file=src/report/fonts/Inter-{weight}.otf"])
    out = TTFont(f"src/report/fonts/Inter-{weight}.otf"); hm, c = out["hmtx"], out.getBestCmap()
    print(weight, {d: hm[c[ord(d)]][0] for d in "0123456789"})
