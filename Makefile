# make demo   set up, then train on handwritten digits and draw what was learned
# make test   set up, then every check: format, lint, types, tests, doctests, examples
# make engines  the same, and Ray, Dask, dask-ml and Spark (with Java 17 or 21): their examples
# make docs   set up, then write the site (guides, reference, gallery) and test it in a browser
# make dist   build the source archive and the wheel, with the same bytes everywhere
# make gpu    check and measure on a GPU, from wheels in a folder, without a network
# make torture  the long tests: killed trainings, full disks, damaged files, threads

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

# MKL is the fastest BLAS on Intel's processors; there is no wheel of it for others.
comma := ,
EXTRAS := $(if $(filter x86_64,$(shell uname -m)),mkl$(comma))test

# Each test process has one thread: threads that wait for each other by spinning would slow all
# processes down many times. `make test WORKERS=8` uses eight cores.
WORKERS ?= 2
ONE_THREAD := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: demo test newest uncompiled engines torture bench docs dist gpu clean

demo: $(VENV)/.ready
	$(BIN)/python examples/train_mnist.py --output out/demo

# Most of a cold run is spent in XLA's optimizer, which takes as long for five columns as for a thousand. The rooms
# below, examples and documentation are tested with the programs that users get; the rooms above fit thousands of small
# models, and are tested with programs that XLA compiles in a third of the time. `make test PLAIN_XLA=` optimizes all.
PLAIN_XLA := XLA_FLAGS="--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=0"
# So are processes and devices that train together, each of which compiles for itself, and Theano's names.
ABOVE := tests/backends/xla/test_xla_processes.py tests/backends/xla/test_many_devices.py tests/models \
	tests/analysis tests/export tests/watching tests/estimators tests/reports tests/cli

# Theano's names change PyTensor's variables where they are imported, so their tests are a run of their own.
# Scripts of the conformance suite share a process, and --dist=loadscope gives a class of tests to one test process.
# Tests that follow each other share compiled models; worksteal gives each process a half of the list, and later some of
# the last tests of the other's half. Files with fixtures that take long are therefore the first of a list.
# Other engines are large, and one needs Java: `make engines` installs and tests them.
test: $(VENV)/.ready
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m tests.browser
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist=worksteal $(addprefix --ignore=,$(ABOVE) tests/theano autoenc/theano tests/engines tests/site)
	$(ONE_THREAD) $(PLAIN_XLA) $(BIN)/python -m pytest -n $(WORKERS) --dist=worksteal $(ABOVE)
	$(ONE_THREAD) $(PLAIN_XLA) $(BIN)/python -m pytest -n $(WORKERS) --dist=loadscope tests/theano autoenc/theano

# What depends most on the versions of Python, NumPy, PyTensor and JAX: graphs and exports. Newer versions of XLA end a
# process that sets the flags above, which they no longer have.
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

# The same commit gives the same bytes, wherever and whenever it is built.
dist: $(VENV)/.ready
	$(BIN)/python -m pip install --quiet build twine
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --outdir out/dist .
	$(BIN)/python -m twine check --strict out/dist/*

# On a machine with a GPU and no network: WHEELS is a folder with the wheels that its Python lacks.
WHEELS ?= .whl
OUTPUT ?= out/gpu
DEVICE ?= cuda
gpu:
	$(PYTHON) -m pip install --quiet --no-index --no-deps --upgrade --target $(OUTPUT)/site $(WHEELS)/*.whl
	PYTHONPATH=$(OUTPUT)/site $(PYTHON) -m benchmarks.on_gpu --device $(DEVICE) --output $(OUTPUT) $(if $(DATA),--data $(DATA))

# Python compiles a module when it is first imported, and most modules of the libraries never are. Many containers set
# PYTHONDONTWRITEBYTECODE: compiled modules would not be stored, and each process would compile them again.
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
