#!/usr/bin/env bash
# Rebuild the embedded base: tokenizer, token shards, pretraining. The same on a GPU.
#   make base SHARED=/path/to/public/data        (MINUTES=95 by default)
set -euo pipefail
shared=${1:?usage: make base SHARED=folder with sql_create_context/, spider/, spider_variants/, bird/, vanna_training/}
here=$(cd "$(dirname "$0")" && pwd)
work=${WORK:-runs/base}
python=${PYTHON_BIN:-.venv/bin/python}
export PYTHONPATH="$here/../..:$here"
[ -f "$work/tok/tokenizer.json" ] || "$python" "$here/corpus.py" tokenizer --shared "$shared" --out "$work/tok"
if [ ! -f "$work/shards/.done" ]; then
  shard() { "$python" "$here/corpus.py" "$1" --seed "$2" --tokenizer "$work/tok" --out "$work/shards" "${@:3}"; }
  for seed in 1 2 3 4; do # another seed: other names, columns and values for the same public rows
    shard synthetic $seed --schemas 3000 &
    shard public $seed --shared "$shared"
    wait $!
  done
  touch "$work/shards/.done"
fi
"$python" "$here/pretrain.py" --shards "$work/shards" --tokenizer "$work/tok" --out "$work/run" --minutes "${MINUTES:-95}" \
  --shares spider=0.1,wikisql=0.15,synthetic=0.75
cp "$work"/run/model/* "$here"/
