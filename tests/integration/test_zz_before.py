from test_archive import _moved, london, complete, key_in, CONFIG, STALE, UNPACKED, NODE
from evidence import *
import sys
def test_before(lab, london):
    london.groups = {"london_nodes": {"hosts": {NODE: {"elasticsearch_home": "/opt/elasticsearch"}}}}
    old = active_keys(lab)
    with searching(lab) as results:
        run = london.playbook("rotate_api_keys")
    print("RC", run.code, run.errors)
    print(run.output[-3000:])
    print("KEYS", old, active_keys(lab), [held(lab)[0]] + [key_in(lab, d) for d in (CONFIG, STALE, UNPACKED)])
    print("DURING", {r[:120]: results.count(r) for r in set(results)})
    print("AFTER", [search(lab, n)[:300] for n in ("lon-1", "lon-2")])
    run = london.playbook("connect")
    print("CONNECT", run.code, run.errors, run.changes)
    print("AFTER CONNECT", [search(lab, n)[:300] for n in ("lon-1", "lon-2")])
    london.groups = {}
    run = london.playbook("connect")
    print("CONNECT without home", run.code, run.errors, run.changes)
    print("AFTER CONNECT", [search(lab, n)[:300] for n in ("lon-1", "lon-2")])
