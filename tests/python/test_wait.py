"""The interruptible wait."""

from __future__ import annotations

from datetime import timedelta

import pytest
from databricks_sql_kernel import KernelError, _native
from databricks_sql_kernel._wait import wait, wait_done


class Within:
    """Answers or raises the given things, one a call."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.limits: list[timedelta] = []

    def __call__(self, limit: timedelta) -> object:
        self.limits.append(limit)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Interrupt:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1


def failure() -> Exception:
    error: Exception = _native.KernelError.Timeout("late", None, None, None, None, True, None, None, None)  # type: ignore[attr-defined]
    return error


def test_answer_at_once_costs_one_call() -> None:
    within = Within("answer")
    assert wait(within) == "answer"
    assert within.limits == [timedelta(milliseconds=100)]


def test_it_asks_again_until_there_is_an_answer() -> None:
    within = Within(None, None, "answer")
    assert wait(within) == "answer"
    assert len(within.limits) == 3


@pytest.mark.parametrize("answer", ["", 0, []])
def test_every_answer_but_none_is_an_answer(answer: object) -> None:
    assert wait(Within(answer)) == answer


def test_done_is_true_and_not_yet_is_false() -> None:
    within = Within(False, False, True)
    wait_done(within)  # type: ignore[arg-type]
    assert within.answers == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), SystemExit(2), TimeoutError("alarm")], ids=repr)
def test_whatever_a_signal_handler_raises_interrupts_once_and_goes_on(interruption: BaseException) -> None:
    interrupt = Interrupt()
    with pytest.raises(type(interruption)) as raised:
        wait(Within(None, interruption), interrupt)
    assert raised.value is interruption
    assert interrupt.calls == 1


def test_failure_is_public_and_does_not_interrupt() -> None:
    interrupt = Interrupt()
    with pytest.raises(KernelError) as raised:
        wait(Within(None, failure()), interrupt)
    assert (raised.value.code, raised.value.message, raised.value.retryable) == ("Timeout", "late", True)
    assert raised.value.__suppress_context__
    assert interrupt.calls == 0
