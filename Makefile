# What people and CI both run. `make demo` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The CPU build of torch that constraints.txt pins. On a CUDA machine: make install TORCH="torch --index-url <PyTorch's CUDA index>"
TORCH ?= torch
export HF_HUB_OFFLINE ?= 1
export TOKENIZERS_PARALLELISM = false

.PHONY: install demo test test-slow lint base bench bench-ask bench-data bench-grade bench-linking bench-schemas bench-train bench-rl bench-adapters bench-search own-pairs learning-curve forgetting clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "install: virtual environment in $(VENV), versions of constraints.txt"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt $(TORCH)
	$(BIN)/pip install -q -c constraints.txt -e '.[train,search,retrieve,query,remote,databases,export,dev]'
	@touch $@

demo: install  ## the whole loop on the embedded company, in runs/demo
	$(BIN)/sqlkit demo

JOBS ?= 2
test: install  ## JOBS: how many files are tested at once
	$(BIN)/pytest -n $(JOBS) --dist loadfile

test-slow: install
	$(BIN)/pytest -m slow

lint: install
	$(BIN)/ruff check sqlkit tests deploy data eval
	$(BIN)/mypy

base: install  ## rebuild the embedded base; SHARED is a folder of public data (data/base/README.md says which)
	bash data/base/rebuild.sh $(SHARED)

bench: bench-ask bench-data

bench-grade: install  ## the grader's figures; SHARED is a folder of public data
	$(BIN)/python eval/bench_grade.py $(SHARED)/spider

bench-ask: install  ## seconds per question, warm, one at a time
	$(BIN)/python eval/bench_ask.py

bench-data: install  ## cleaning and generation; DATA=a file of sql-create-context rows, ROWS of it (0: all), PAIRS
	$(BIN)/python eval/bench_data.py "$(DATA)" "$(ROWS)" "$(PAIRS)"

bench-linking: install  ## prompts of a schema of 1,000 tables: tokens, recall of gold tables and columns, seconds
	$(BIN)/python eval/bench_linking.py $(QUESTIONS)

bench-schemas: install  ## builds on five schemas that nothing else uses: seconds, coverage, golds that run, near-duplicates
	$(BIN)/python eval/bench_schemas.py $(PAIRS)

bench-train: install  ## training: tokens a second of sqlkit, of trl sft, and of trl sft with packing; ARGS="--shape ... --method qlora"
	$(BIN)/python eval/bench_train.py $(ARGS)

bench-rl: install  ## GRPO and DPO from a tuned adapter: EX before and after on dev; ADAPTER=runs/demo/adapter PAIRS=runs/demo/data, ARGS="--steps 200 ..."
	$(BIN)/python eval/bench_rl.py "$(ADAPTER)" "$(PAIRS)" $(ARGS)

bench-adapters: install  ## one adapter for each of six databases against one for all; SHARED is a folder of public data; ARGS=--small
	$(BIN)/python eval/bench_adapters.py $(SHARED)/spider $(ARGS)

bench-search: install  ## 20 trials on the embedded base, killed twice, resumed: the same study, best against the recipe; ARGS="--trials 20 --steps 60"
	$(BIN)/python eval/bench_search.py $(ARGS)

own-pairs: install  ## EX after training on pairs of the schema against rows of sql-create-context, as many of each; DATA=a file of these rows, ARGS="--pairs 2000 --steps 200"
	$(BIN)/python eval/own_pairs.py "$(DATA)" $(ARGS)

learning-curve: install  ## EX on questions to judge by with 0, 10, 50 and 120 human-written pairs; ARGS="--pairs 3000 --steps 400"
	$(BIN)/python eval/learning_curve.py $(ARGS)

forgetting: install  ## EX on Spider's questions before and after tuning; SHARED is a folder of public data, ADAPTER an adapter
	$(BIN)/python eval/forgetting.py $(SHARED)/spider $(ADAPTER) $(ARGS)

clean:
	rm -rf runs $(VENV) .pytest_cache .mypy_cache .ruff_cache
