from tests.faults.tally import Tally


def test_a_kind_of_fault_that_never_meets_its_process_is_a_breach():
    total = Tally()
    for _ in range(3):
        one = Tally()
        one.missed["tuner killed"] += 1
        one.missed["trial killed"] += 1
        total.add(one)
    total.injections["trial killed"] += 1
    assert total.broken == {"faults that met nothing": ["tuner killed"]}


def test_a_fault_may_miss_twice():
    total = Tally()
    total.missed["tuner killed"] += 2
    assert not total.broken
