"""The command `python -m benchmarks`: options, written files, and arithmetic of the tables."""

import json

import pytest

from benchmarks import gpu, hlo, report
from benchmarks.__main__ import BENCHMARKS, main
from benchmarks.runner import Measurement
from benchmarks.session import parse


def test_training_writes_table_picture_and_numbers(tmp_path, capsys):
    document = tmp_path / "benchmarks.md"
    document.write_text("# Benchmarks\n\nWritten by hand.\n", encoding="utf-8")
    arguments = ["training", "--quick", "--works", "100-64", "--only", "jax", "floor-xla"]
    main([*arguments, "--output", str(tmp_path)])
    text = document.read_text(encoding="utf-8")
    begin = "<!-- training-100-64:begin -->\n## Training of 100-64, side by side\n"
    assert text.startswith(f"# Benchmarks\n\nWritten by hand.\n\n{begin}")
    assert "### 100-64, minibatches of 100" in text
    assert f"`python -m benchmarks {' '.join(arguments[:1])} --only jax floor-xla" in text
    assert "![Training of 100-64, side by side](benchmarks/training-100-64.png)" in text
    assert (tmp_path / "benchmarks/training-100-64.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads((tmp_path / "benchmarks/training-100-64.json").read_text(encoding="utf-8"))
    assert [m["entrant"] for m in found["measurements"]] == ["jax", "floor-xla"]
    assert all(len(m["seconds"]) == 2 for m in found["measurements"])
    assert "### 100-64, minibatches of 100" in capsys.readouterr().out


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_has_help(name, capsys):
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert f"python -m benchmarks {name}" in shown
    assert "--device" in shown
    assert ("--rows" in shown) == (name == "inference")


def test_options_of_other_benchmarks_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["memory", "--rows", "5"])
    assert "unrecognized arguments: --rows" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["training", "--batch-sizes", "0"])
    assert "0 is less than 1" in capsys.readouterr().err


def test_a_device_on_which_nobody_is_installed_is_said(tmp_path, capsys):
    main(["training", "--device", "cuda", "--only", "floor-mkl", "--output", str(tmp_path)])
    assert "training: no competitor can run on cuda" in capsys.readouterr().err
    assert not (tmp_path / "benchmarks.md").exists()


def test_a_quick_run_leaves_the_documents_alone():
    assert parse("x", "", (), ["--quick"]).output.as_posix() == "out/benchmarks"
    assert parse("x", "", (), []).output.as_posix() == "docs"


def test_sections_are_replaced_and_the_rest_stays(tmp_path):
    path = tmp_path / "page.md"
    report.write_section(path, "a", "first")
    report.write_section(path, "b", "second")
    report.write_section(path, "a", "third")
    assert path.read_text(encoding="utf-8") == (
        "# Benchmarks\n\n<!-- a:begin -->\nthird\n<!-- a:end -->\n\n"
        "<!-- b:begin -->\nsecond\n<!-- b:end -->\n"
    )
    path.write_text("<!-- a:begin -->\n", encoding="utf-8")
    with pytest.raises(ValueError, match="no <!-- a:end -->"):
        report.write_section(path, "a", "text")


def test_ratios_are_of_the_same_round():
    results = {"a": Measurement(seconds=[2, 30, 8]), "b": Measurement(seconds=[1, 10, 2])}
    assert report.ratios("a", "b", results) == [2, 3, 4]
    assert report.spread([2, 3, 4], ".2f") == "3.00 (2.50 to 3.50)"
    assert report.micros([0.5], 1000) == [500]


@pytest.mark.parametrize(
    ("name", "teraflops"),
    [("NVIDIA H200", 66.9), ("NVIDIA H200 NVL", 60), ("NVIDIA A100-SXM4-80GB", 19.5)],
)
def test_gpus_are_known_by_name(name, teraflops):
    assert gpu.find_gpu(name).teraflops == teraflops


def test_the_floor_of_a_gpu():
    assert gpu.find_gpu("Some other") is None
    assert "no lower bound" in gpu.describe("Some other", None)
    floor = gpu.Floor(gpu.Gpu(10, 1), batch_size=2, n_visible=3, n_hidden=4)
    assert floor.n_operations == 5 * 2 * (2 * 3 * 4)
    # x; W read and written; code and its gradient, output gradient, each written and read
    assert floor.n_bytes == 4 * (6 + 2 * 12 + 2 * (8 + 8 + 6))
    assert floor.operation_micros == pytest.approx(240 / 10e12 * 1e6)
    assert floor.memory_micros == pytest.approx(floor.n_bytes / 1e12 * 1e6)
    assert floor.micros == floor.memory_micros


PROGRAM = """
%fused (p: f32[2]) -> f32[2] {
  %p = f32[2]{0} parameter(0)
  ROOT %n = f32[2]{0} negate(%p)
}
%inner (q: f32[2]) -> f32[2] {
  %q = f32[2]{0} parameter(0)
  %g = (f32[2]{0}, s8[4]{0}) custom-call(%q), custom_call_target="gemm"
  ROOT %h = f32[2]{0} fusion(%q), kind=kLoop, calls=%fused
}
%body (s: (s32[], f32[2])) -> (s32[], f32[2]) {
  %s = (s32[], f32[2]{0}) parameter(0)
  %v = f32[2]{0} get-tuple-element(%s), index=1
  %one = s32[] constant(1)
  %i = s32[] add(%one, %one)
  %c = f32[2]{0} call(%v), to_apply=%inner
  ROOT %t = (s32[], f32[2]{0}) tuple(%i, %c)
}
ENTRY %main (x: f32[2]) -> f32[2] {
  %x = f32[2]{0} parameter(0)
  LOOP
}
"""
LOOP = "%w = (s32[], f32[2]{0}) while(%x), condition=%body, body=%body"


def test_launches_of_a_loop_and_of_a_program_without_one(tmp_path):
    assert hlo.count_launches(PROGRAM.replace("LOOP", LOOP)) == 3
    assert hlo.count_launches(PROGRAM) == 0
    straight = PROGRAM.replace("LOOP", "%y = f32[2]{0} call(%x), to_apply=%inner")
    path = tmp_path / "module.cpu_after_optimizations.txt"
    path.write_text(straight, encoding="utf-8")
    assert hlo.count_in_folder(tmp_path) == 2
    with pytest.raises(FileNotFoundError, match="dumped no program"):
        hlo.count_in_folder(tmp_path / "empty")


def test_products_pads_and_copies_are_told_apart():
    loop = "\n".join(
        [
            "  %a = f32[2]{0} fusion(%gemm_fusion_dot.3), kind=kLoop, calls=%fused_pad.1",
            "  %b = f32[2]{0} fusion(%a), kind=kCustom, calls=%gemm_fusion_dot.7",
            '  %c = f32[2]{0} custom-call(%a), custom_call_target="__cublas$gemm"',
            "  %d = u32[2]{0} copy(%gemm_fusion_dot.3)",
            "  %e = f32[2]{0} fusion(%gemm_fusion_dot.3), kind=kLoop, calls=%fused_subtract",
        ]
    )
    text = (
        f"%body (p: (f32[2])) -> (f32[2]) {{\n{loop}\n}}\n"
        "ENTRY %main (x: f32[2]) -> f32[2] {\n"
        "  %w = (f32[2]) while(%t), condition=%cond, body=%body\n}\n"
    )
    assert hlo.kinds(text) == {"product": 2, "pad": 1, "copy": 1, "other": 1}
