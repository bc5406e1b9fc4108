# Copyright (c) 2026, crosscluster.elasticsearch contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.client import ClientError
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._api.run import Call, _attempt, wait
from ansible_collections.crosscluster.elasticsearch.plugins.module_utils._plans.plan import (
    Chain,
    Plan,
    Refusal,
    Request,
)


class Memory:
    """In the place of a client: keeps what was written, and fails where it is told to."""

    def __init__(self, **failures: list[ClientError]) -> None:
        self.kept: dict[str, Any] = {}
        self.written: list[str] = []
        self.failures = failures

    def write(self, method: str, path: str, purpose: str, body: Any, query: Any, timeout: Any) -> Any:
        self.written.append(path)
        failures = self.failures.get(path)
        e = failures.pop(0) if failures else None
        # A lost answer is that of a request which was carried out.
        if e is None or e.timed_out:
            self.kept[path] = body
        if e:
            raise e
        return {"id": path}


def lost() -> ClientError:
    return ClientError("no answer", unknown_outcome=True, timed_out=True)


def busy() -> ClientError:
    return ClientError("busy", status=503, unknown_outcome=True)


def refused() -> ClientError:
    return ClientError("refused", status=400)


def call(memory: Memory, retries: int = 2, check_mode: bool = False, **params: Any) -> Call:
    client: Any = memory
    return Call({"retries": retries, **params}, client, check_mode, warn=lambda text: None)


def make(*names: str, parallel: int = 1, tagged: bool = False) -> Callable[[Call], Plan]:
    """Plans a request for each name that is not there."""

    def run(call: Call) -> Plan:
        memory: Any = call.client
        missing = [n for n in names if n not in memory.kept and n not in call.answered]
        return Plan(
            before=sorted(memory.kept),
            after=list(names),
            requests=[Request("PUT", n, f"make {n}", body={}, tag=n if tagged else None) for n in missing],
            parallel=parallel,
            result={"missing": missing},
            finish=lambda answers: {"answers": answers},
        )

    return run


def test_applied_once() -> None:
    memory = Memory()
    plan = _attempt(make("a", "b"), call(memory))
    assert (memory.written, plan.changed) == (["a", "b"], True)
    assert plan.result == {"missing": ["a", "b"], "answers": [{"id": "a"}, {"id": "b"}]}
    again = _attempt(make("a", "b"), call(memory))
    assert (memory.written, again.changed, again.result["answers"]) == (["a", "b"], False, [])


@pytest.mark.parametrize("parallel", [-1, 0, 101])
def test_how_much_is_done_at_a_time_has_limits(parallel: int) -> None:
    """No more requests are sent at a time than there are connections."""
    memory = Memory()
    with pytest.raises(Refusal, match=f"^parallel: it is {parallel}, and must be from 1 to 100$"):
        _attempt(make("a"), call(memory, parallel=parallel))
    assert memory.written == []


@pytest.mark.parametrize("parallel", [1, 4])
def test_check_mode_sends_nothing(parallel: int) -> None:
    memory = Memory()
    plan = _attempt(make("a", "b", parallel=parallel), call(memory, check_mode=True))
    assert (memory.written, plan.changed, plan.result) == ([], True, {"missing": ["a", "b"]})
    assert (plan.before, plan.after) == ([], ["a", "b"])


def test_request_that_was_carried_out_is_not_repeated() -> None:
    memory = Memory(a=[lost()])
    the_call = call(memory)
    plan = _attempt(make("a", "b"), the_call)
    assert memory.written == ["a", "b"]
    assert the_call.attempt == 1
    # What was there at first is what the diff shows, and the run has changed it.
    assert (plan.changed, plan.before) == (True, [])


def test_changed_when_the_last_request_was_carried_out_unanswered() -> None:
    plan = _attempt(make("a"), call(Memory(a=[lost()])))
    assert (plan.changed, plan.before, plan.result) == (True, [], {"missing": [], "answers": []})


def test_request_that_was_not_carried_out_is_repeated() -> None:
    memory = Memory(a=[busy(), busy()])
    assert _attempt(make("a"), call(memory)).changed
    assert (memory.written, list(memory.kept)) == (["a"] * 3, ["a"])


@pytest.mark.parametrize("retries", [0, 1, 2])
def test_retries_are_bounded(retries: int) -> None:
    memory = Memory(a=[busy() for _dummy in range(9)])
    with pytest.raises(ClientError, match="busy"):
        _attempt(make("a"), call(memory, retries))
    assert memory.written == ["a"] * (retries + 1)


def test_definite_error_is_raised_at_once() -> None:
    memory = Memory(a=[refused()])
    with pytest.raises(ClientError, match="refused"):
        _attempt(make("a", "b"), call(memory))
    assert memory.written == ["a"]


def test_refusal_of_the_second_plan_is_raised() -> None:
    def run(call: Call) -> Plan:
        if call.attempt:
            raise Refusal("no longer")
        return make("a")(call)

    with pytest.raises(Refusal, match="no longer"):
        _attempt(run, call(Memory(a=[busy()])))


def test_answers_of_earlier_attempts_are_kept() -> None:
    memory = Memory(b=[busy()])
    the_call = call(memory)
    _attempt(make("a", "b", tagged=True), the_call)
    assert the_call.answered == {"a": {"id": "a"}, "b": {"id": "b"}}
    assert memory.written == ["a", "b", "b"]


def test_parallel_keeps_the_order_of_answers() -> None:
    names = [f"n{n}" for n in range(20)]
    memory = Memory()
    plan = _attempt(make(*names, parallel=5), call(memory))
    assert sorted(memory.written) == sorted(names)
    assert plan.result["answers"] == [{"id": n} for n in names]


def test_parallel_with_a_lost_answer() -> None:
    memory = Memory(c=[busy()])
    the_call = call(memory)
    _attempt(make("a", "b", "c", "d", parallel=4, tagged=True), the_call)
    assert sorted(memory.written) == ["a", "b", "c", "c", "d"]
    assert sorted(the_call.answered) == ["a", "b", "c", "d"]


def test_parallel_lets_the_others_end_and_raises_the_definite_error() -> None:
    memory = Memory(a=[busy()], c=[refused()])
    with pytest.raises(ClientError, match="refused"):
        _attempt(make("a", "b", "c", "d", parallel=2), call(memory))
    assert sorted(memory.written) == ["a", "b", "c", "d"]


def test_wait_until_it_is_true() -> None:
    answers = iter(["not yet", "not yet", None])
    wait(lambda left: next(answers), call(Memory(), wait_timeout=5))


def test_wait_tells_what_is_missing() -> None:
    with pytest.raises(Refusal, match=r"^There was nothing to change, but after 0 seconds paris is not reached$"):
        wait(lambda left: "paris is not reached", call(Memory(), wait_timeout=0))


def test_who_only_looks_is_not_told_that_nothing_had_to_be_changed() -> None:
    with pytest.raises(Refusal, match=r"^After 0 seconds paris is not reached$"):
        wait(lambda left: "paris is not reached", call(Memory(), wait_timeout=0), reads_only=True)


def test_a_wait_that_runs_out_tells_that_something_was_changed() -> None:
    the_call = call(Memory(), wait_timeout=0)
    _attempt(make("a"), the_call)
    with pytest.raises(Refusal, match=r"^The change is made, but after 0 seconds paris is not reached$"):
        wait(lambda left: "paris is not reached", the_call)


@pytest.mark.parametrize(("error", "wrote"), [(lost(), True), (busy(), True), (refused(), False)])
def test_an_unknown_outcome_counts_as_written(error: ClientError, wrote: bool) -> None:
    the_call = call(Memory(a=[error]), retries=0)
    with pytest.raises(ClientError):
        _attempt(make("a"), the_call)
    assert the_call.wrote is wrote


def test_a_result_tells_what_all_attempts_have_done() -> None:
    """The second plan finds that what the first one has sent was carried out, unanswered."""

    def run(call: Call) -> Plan:
        if call.attempt:
            result: dict[str, Any] = dict(
                api_keys={"paris": {"id": "1", "action": "unchanged"}, "rome": {"id": "2", "action": "created"}},
                removed=["b"],
                invalidated=[],
            )
            return Plan(result=result, finish=lambda answers: {"removed": ["b", "c"]})
        result = dict(
            api_keys={"paris": {"id": None, "action": "updated"}, "rome": {"id": None, "action": "updated"}},
            removed=["a", "b"],
            invalidated=["k"],
        )
        return Plan(requests=[Request("PUT", "a", "make a", body={})], result=result)

    plan = _attempt(run, call(Memory(a=[lost()])))
    assert plan.changed
    assert plan.result == dict(
        api_keys={"paris": {"id": "1", "action": "updated"}, "rome": {"id": "2", "action": "created"}},
        removed=["a", "b", "c"],
        invalidated=["k"],
    )


# ---- chains -----------------------------------------------------------------------------------------------------


def step(path: str, undo: list[str] | None = None, **more: Any) -> Request:
    undone = None if undo is None else [Request("POST", name, f"do {name}") for name in undo]
    return Request("POST", path, f"do {path}", body={}, undo=undone, **more)


def chained(*chains: Chain, parallel: int = 1) -> Callable[[Call], Plan]:
    """Plans what of the chains is not done yet."""

    def run(call: Call) -> Plan:
        memory: Any = call.client
        left = [Chain(c.name, [r for r in c.requests if r.path not in memory.kept], c.until) for c in chains]
        return Plan(
            chains=[c for c in left if c.requests], parallel=parallel, finish=lambda answers: {"answers": answers}
        )

    return run


def test_chains() -> None:
    memory = Memory()
    chains = [Chain(name, [step(f"{name}1"), step(f"{name}2")]) for name in "abc"]
    plan = _attempt(chained(*chains, parallel=3), call(memory))
    assert sorted(memory.written) == ["a1", "a2", "b1", "b2", "c1", "c2"]
    assert all(memory.written.index(f"{name}1") < memory.written.index(f"{name}2") for name in "abc")
    assert plan.result["answers"] == {name: [{"id": f"{name}1"}, {"id": f"{name}2"}] for name in "abc"}
    assert plan.changed
    assert not _attempt(chained(*chains), call(memory)).changed


def test_check_mode_sends_no_chain() -> None:
    memory = Memory()
    assert _attempt(chained(Chain("a", [step("a1")])), call(memory, check_mode=True)).changed
    assert memory.written == []


def test_what_was_begun_is_undone() -> None:
    memory = Memory(close=[], unfollow=[refused()])
    steps = [step("pause", undo=["resume"]), step("close", undo=["open", "resume"]), step("unfollow", undo=["open"])]
    with pytest.raises(ClientError, match=r"refused What was done before was undone: do open, do resume\.$"):
        _attempt(chained(Chain("a", [*steps, step("delete")])), call(memory))
    assert memory.written == ["pause", "close", "unfollow", "open", "resume"]


def test_what_comes_after_a_step_without_return_is_undone_as_far_as_it_can_be() -> None:
    memory = Memory(delete=[refused()])
    steps = [step("close", undo=["open", "resume"]), step("unfollow", undo=["open"]), step("delete", undo=[])]
    with pytest.raises(ClientError):
        _attempt(chained(Chain("a", steps)), call(memory))
    assert memory.written == ["close", "unfollow", "delete", "open"]


def test_a_lost_answer_does_not_undo_what_goes_on() -> None:
    memory = Memory(close=[lost()])
    steps = [step("pause", undo=["resume"]), step("close", undo=["open", "resume"]), step("unfollow", undo=["open"])]
    _attempt(chained(Chain("a", steps)), call(memory))
    assert memory.written == ["pause", "close", "unfollow"]


def test_the_first_attempt_is_undone_when_the_second_fails() -> None:
    memory = Memory(close=[lost()], unfollow=[refused()])
    steps = [step("close", undo=["open"]), step("unfollow")]
    with pytest.raises(ClientError, match="refused What was done before was undone: do open"):
        _attempt(chained(Chain("a", steps)), call(memory))
    assert memory.written == ["close", "unfollow", "open"]


def test_a_lost_answer_without_retries_is_undone() -> None:
    memory = Memory(close=[lost()])
    with pytest.raises(ClientError, match="no answer What was done before was undone: do open"):
        _attempt(chained(Chain("a", [step("close", undo=["open"])])), call(memory, retries=0))
    assert memory.written == ["close", "open"]


def test_a_refusal_of_a_later_plan_is_undone() -> None:
    def run(call: Call) -> Plan:
        if call.attempt:
            raise Refusal("no longer")
        return chained(Chain("a", [step("close", undo=["open"])]))(call)

    memory = Memory(close=[lost()])
    with pytest.raises(Refusal, match=r"^no longer\. What was done before was undone: do open\.$"):
        _attempt(run, call(memory))


def test_errors_that_amount_to_an_answer() -> None:
    memory = Memory(pause=[refused()])
    pause = step("pause", settles=lambda e: {"paused": "before"} if e.reason == "" else None, tag="pause")
    the_call = call(memory)
    plan = _attempt(chained(Chain("a", [pause, step("close")])), the_call)
    assert plan.result["answers"] == {"a": [{"paused": "before"}, {"id": "close"}]}
    assert the_call.answered == {"pause": {"paused": "before"}}


def test_somebody_else_was_faster() -> None:
    faster = ClientError("is there", status=500, reason="it is there already")
    memory = Memory(create=[faster])
    the_call = call(memory, retries=0)
    _attempt(chained(Chain("a", [step("create", races="there already", tag="create")])), the_call)
    assert (memory.written, the_call.failed) == (["create"] * 2, {"create": "it is there already"})
    memory = Memory(create=[ClientError("is there", reason="it is there already") for _dummy in range(9)])
    with pytest.raises(ClientError, match="is there"):
        _attempt(chained(Chain("a", [step("create", races="there already")])), call(memory))
    assert len(memory.written) == 4


def test_errors_of_many_chains() -> None:
    memory = Memory(b1=[refused()], c1=[refused()])
    chains = [Chain(name, [step(f"{name}1"), step(f"{name}2")]) for name in "abcd"]
    with pytest.raises(ClientError, match=r"^refused refused$") as e:
        _attempt(chained(*chains, parallel=2), call(memory))
    assert e.value.failures == {"b": "refused", "c": "refused"}
    assert sorted(memory.written) == ["a1", "a2", "b1", "c1", "d1", "d2"]


def test_the_remedy_of_a_request() -> None:
    told = ClientError("It is refused.", status=403, remedy=" Ask somebody.")
    with pytest.raises(ClientError, match=r"^It is refused\. Do that\.$"):
        _attempt(chained(Chain("a", [step("a1", remedy=lambda reason: "Do that.")])), call(Memory(a1=[told])))
    told = ClientError("It is refused.", status=403, remedy=" Ask somebody.")
    with pytest.raises(ClientError, match=r"^It is refused\. Ask somebody\.$"):
        _attempt(chained(Chain("a", [step("a1", remedy=lambda reason: "")])), call(Memory(a1=[told])))


def test_a_chain_is_waited_for() -> None:
    missing = iter(["not yet", None])
    memory = Memory()
    _attempt(chained(Chain("a", [step("a1")], until=lambda left: next(missing))), call(memory, wait_timeout=5))
    assert next(missing, "all asked") == "all asked"
    with pytest.raises(Refusal, match="The change is made, but after 0 seconds not yet"):
        _attempt(chained(Chain("b", [step("b1")], until=lambda left: "not yet")), call(memory, wait_timeout=0))
