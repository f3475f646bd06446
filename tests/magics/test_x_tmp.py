import json, time, threading, pytest, sys
from jupyter_devstral.core.wire import MIME
FIX = "The total is zero.\n\n```python\n1 / 1\n```\n"
CASES={
 "line of 20MB": "x = '" + "a"*20_000_000 + "'; 1 / 0",
 "list of 5MB": "x = [" + "1, "*1_500_000 + "]\n1 / 0",
 "line in expression": "len('" + "a"*5_000_000 + "') / 0",
 "chain of 3000": "e = ValueError('x')\nfor i in range(3000):\n    n = ValueError(str(i)); n.__cause__ = e; e = n\nraise e",
 "group of 100000": "raise ExceptionGroup('g', [ValueError(str(i)) for i in range(100000)])",
 "notes 20MB": "e = ValueError('x')\nfor i in range(200): e.add_note('n'*100000)\nraise e",
 "many lines": "\n".join(f"x{i} = {i}" for i in range(30000)) + "\n1 / 0",
 "deep expr": "(" * 80 + "1/0" + ")" * 80,
 "syntax 5MB": "x = '" + "a"*5_000_000,
 "traceback 100k frames via next": "def g():\n    for i in range(3): yield i/0\nnext(g())",
 "big locals": "def f():\n" + "\n".join(f"    v{i} = list(range(1000))" for i in range(3000)) + "\n    return " + "+".join(f"v{i}[0]" for i in range(3000)) + " + 1/0\nf()",
 "stdout none": "import sys\no = sys.stdout\nsys.stdout = None\ntry:\n  pass\nfinally:\n  sys.stdout = o\n1/0",
 "taskgroup": "import asyncio\nasync def f(): 1/0\nasync with asyncio.TaskGroup() as t:\n    t.create_task(f())",
 "dir loops": "class V:\n    def __dir__(self):\n        import time; time.sleep(60)\n        return []\nv=V()\nv.nothing",
 "repr slow": "class V:\n    def __repr__(self):\n        import time; time.sleep(60)\nv=V()\nv + 1",
 "getattr slow": "class V:\n    def __getattr__(self, n):\n        import time; time.sleep(60)\nv=V()\nv + 1",
 "many vars": "for i in range(50000): globals()[f'q{i}'] = list(range(10))\nq7 / 0",
}
@pytest.mark.parametrize("case", list(CASES))
def test_x(run, session, connected, ip, case, capsys):
    session.explainer.place="here"; session.config.trial_seconds=0
    connected.replies=[FIX]
    took=[]
    o=session.explainer._on_error
    def w(*a):
        b=time.perf_counter(); o(*a); took.append(time.perf_counter()-b)
    session.explainer._watcher._on_error=w
    import jupyter_devstral.magics.failure_subject as fs
    r=fs.read_subject; rt=[]
    def rr(*a):
        b=time.perf_counter(); x=r(*a); rt.append(time.perf_counter()-b); return x
    fs.read_subject=rr
    b=time.perf_counter()
    try: run(CASES[case],"c")
    finally: fs.read_subject=r
    total=time.perf_counter()-b
    out="".join(capsys.readouterr())
    shown=[d for d in ip.display_pub.shown if MIME in d]
    print("\nRES", case, "total %.2f"%total, "explain %s"%took, "read %s"%rt, len(connected.chats), shown[-1][MIME]["card"]["state"] if shown else None, repr(shown[-1]["text/markdown"])[:60] if shown else "", "body", len(json.dumps(connected.chats[-1].body)) if connected.chats else None, "bundle", len(json.dumps(shown[-1])) if shown else None, "CALLBACK" if "Error in callback" in out else "")
