# make demo   set up, then train on handwritten digits and draw the filters
# make test   set up, then run all checks: format, lint, types, tests, doctests, examples
# make engines  set up with Ray, Dask, dask-ml and Spark (needs Java 17 or 21), then test their examples
# make uncompiled  set up, then run the tests of Theano's names as without a compiler
# make docs   set up, then build the site (guides, reference, gallery) and test it in a browser
# make dist   build the source archive and the wheel, with the same bytes on every machine
# make gpu    test and measure on a GPU, with wheels from a folder and without a network
# make torture  run the long tests: killed runs, full disks, damaged files, threads

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# MKL is the fastest BLAS on Intel processors. It has wheels for x86-64 only.
comma := ,
EXTRAS := $(if $(filter x86_64,$(shell uname -m)),mkl$(comma))test

# Each test process has one thread, because threads that spin while they wait for each other would
# slow down all processes many times. `make test WORKERS=8` uses eight cores.
WORKERS ?= 2
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: demo test newest uncompiled engines torture bench docs dist gpu clean

demo: $(VENV)/.ready
	$(BIN)/python examples/train_mnist.py --output out/demo

# A first run spends most of its time in XLA's optimizer, which takes as long for five columns as for a thousand. The
# lower subpackages, the examples and the documentation are tested with the programs that users get. The tests of the
# subpackages in ABOVE fit thousands of small models, with programs that XLA compiles in a third of the time.
# `make test PLAIN_XLA=` keeps full optimization.
PLAIN_XLA := XLA_FLAGS="--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"
# The same applies to tests of Theano's names, and of processes and devices that train together, each of which compiles
# its own code.
ABOVE := tests/backends/xla/test_xla_processes.py tests/backends/xla/test_many_devices.py tests/models \
	tests/analysis tests/export tests/watching tests/estimators tests/reports tests/cli

# Importing autoenc.theano changes PyTensor's variables in the whole process, so its tests run separately.
# With --dist=loadscope, a class of tests runs in one process, which the scripts of the conformance suite share.
# With --dist=worksteal, each process gets a part of the list, and later takes tests from the end of another part.
# Neighbouring tests therefore share compiled models, and files with slow fixtures come first in a list.
# Cluster engines are large, and one needs Java: `make engines` installs and tests them.
test: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.browser
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist=worksteal $(addprefix --ignore=,$(ABOVE) tests/theano autoenc/theano tests/engines tests/site)
	$(ONE_THREAD) $(PLAIN_XLA) $(BIN)/python -m pytest -n $(WORKERS) --dist=worksteal $(ABOVE)
	$(ONE_THREAD) $(PLAIN_XLA) $(BIN)/python -m pytest -n $(WORKERS) --dist=loadscope tests/theano autoenc/theano

# Tests of graphs and exports, which depend most on the versions of Python, NumPy, PyTensor and JAX. PLAIN_XLA is not
# set, because newer versions of XLA lack these flags and end a process that sets them.
newest: $(VENV)/.ready
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist=worksteal tests/graph tests/export

# As on a machine without a compiler, where most functions of Theano's names run on XLA.
uncompiled: $(VENV)/.ready
	PYTENSOR_FLAGS=cxx= $(ONE_THREAD) $(PLAIN_XLA) $(BIN)/python -m pytest -n $(WORKERS) --dist=loadscope \
		tests/theano/engines tests/theano/functions tests/theano/meaning tests/theano/ops

engines: $(VENV)/.engines
	$(BIN)/python -m pytest -n $(WORKERS) tests/engines

torture: $(VENV)/.ready
	$(ONE_THREAD) $(BIN)/python -m torture.kills
	$(ONE_THREAD) $(BIN)/python -m torture.writers
	$(ONE_THREAD) $(BIN)/python -m torture.files
	$(ONE_THREAD) $(BIN)/python -m torture.meanings
	$(ONE_THREAD) $(BIN)/python -m torture.sharing
	$(ONE_THREAD) $(BIN)/python -m torture.faults
	$(ONE_THREAD) $(BIN)/python -m torture.processes

bench: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet torch==2.13.0 keras==3.15.0
	$(BIN)/python -m benchmarks

docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -q -W --keep-going -b html docs out/docs
	$(BIN)/python -m tests.browser
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) tests/site
	@echo "The site: $(CURDIR)/out/docs/index.html"

# The same commit gives the same bytes on every machine, at any time.
dist: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet build twine
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir out/dist .
	$(BIN)/python -m twine check --strict out/dist/*

# For a machine with a GPU and no network. WHEELS is a folder with the wheels that its Python lacks.
WHEELS ?= .whl
OUTPUT ?= out/gpu
DEVICE ?= cuda
gpu:
	$(PYTHON) -m pip install --quiet --no-index --no-deps --upgrade --target $(OUTPUT)/site $(WHEELS)/*.whl
	PYTHONPATH=$(OUTPUT)/site $(PYTHON) -m benchmarks.on_gpu --device $(DEVICE) --output $(OUTPUT) $(if $(DATA),--data $(DATA))

# Modules are compiled when they are first imported, because most modules of the libraries are never imported. Many
# containers set PYTHONDONTWRITEBYTECODE, with which each process would compile the modules again.
export PYTHONDONTWRITEBYTECODE :=
$(VENV)/.ready: setup.py
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[$(EXTRAS)]"
	touch $@

$(VENV)/.engines: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[engines]"
	touch $@

$(VENV)/.docs: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet --no-compile --editable ".[docs]"
	touch $@

clean:
	rm -rf $(VENV) out build *.egg-info .mypy_cache .ruff_cache .pytest_cache
