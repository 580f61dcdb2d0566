"""Records of runs: the same run is the same record, and a difference is named."""

import hashlib
import io

import numpy as np
import pytest
from autoenc.theano.tests.record import MismatchError, Record, RecordMode

import autoenc.theano.tensor as T
from autoenc import theano


def recorded(scale, record):
    x = T.dvector()
    w = theano.shared(np.ones(3))
    function = theano.function(
        [x], (w * x).sum(), updates=[(w, w * scale)], mode=RecordMode(record)
    )
    return [float(function(np.arange(3.0))) for _ in range(2)]


def test_a_run_replays_itself_and_no_other():
    file = io.StringIO()
    assert recorded(2.0, Record(file_object=file)) == [3, 6]
    file.seek(0)
    assert "apply nodes" in file.readline()
    file.seek(0)
    assert recorded(2.0, Record(file_object=file, replay=True)) == [3, 6]
    file.seek(0)
    with pytest.raises(MismatchError, match="Replay detected mismatch"):
        recorded(3.0, Record(file_object=file, replay=True))


def test_a_record_is_written_to_a_path(tmp_path):
    record = Record(file_path=tmp_path / "record.txt")
    record.handle_line("one\n")
    record.f.close()
    again = Record(file_path=tmp_path / "record.txt", replay=True)
    again.handle_line("one\n")
    again.f.close()
    with pytest.raises(ValueError, match="needs file_object or file_path"):
        Record()


def test_a_mode_forgets_its_graphs_with_its_record():
    mode = RecordMode(file_object=io.StringIO())
    x = T.dvector()
    function = theano.function([x], x + 1, mode=mode)
    function([1.0])
    first = mode.record.f.getvalue()
    size, number, before, after = first.splitlines()
    assert size == "Function 0 has 1 apply nodes."
    assert number.startswith("Function 0 node 0: ")
    digest = hashlib.md5(np.array([2.0]).tobytes()).hexdigest()
    assert before.startswith("Inputs: 0:")
    assert after == f"Outputs: 0:{digest}"
    mode.set_record(Record(file_object=io.StringIO()))
    function([1.0])
    assert mode.record.f.getvalue() == first
