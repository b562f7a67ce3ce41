#!/usr/bin/env bash
# Rebuild the embedded base: tokenizer, token shards, pretraining. The same on a GPU.
#   make base SHARED=/path/to/public/data        (MINUTES=75 by default)
set -euo pipefail
shared=${1:?usage: make base SHARED=folder with sql_create_context/, spider/, spider_variants/, bird/, vanna_training/}
here=$(cd "$(dirname "$0")" && pwd)
work=${WORK:-runs/base}
python=${PYTHON_BIN:-.venv/bin/python}
export PYTHONPATH="$here/../..:$here"
[ -f "$work/tok/tokenizer.json" ] || "$python" "$here/corpus.py" tokenizer --shared "$shared" --out "$work/tok"
if [ ! -f "$work/shards/.done" ]; then
  "$python" "$here/corpus.py" public --shared "$shared" --tokenizer "$work/tok" --out "$work/shards"
  for seed in 1 2 3; do
    "$python" "$here/corpus.py" synthetic --seed $seed --schemas 1500 --tokenizer "$work/tok" --out "$work/shards"
  done
  touch "$work/shards/.done"
fi
"$python" "$here/pretrain.py" --shards "$work/shards" --tokenizer "$work/tok" --out "$work/run" --minutes "${MINUTES:-75}" \
  --rows 16 --micro 8 --weights spider=2,synthetic=3
cp "$work"/run/model/* "$here"/
