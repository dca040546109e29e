#!/usr/bin/env bash
# Freeing an iterator of tf.data may take long after its data is done, and holds the Python program meanwhile: the thread that tunes the pipeline
# (Options.autotune, on unless turned off) sleeps 10 ms, then twice as long each time, up to a minute. Freeing wakes it and waits for its end;
# but the cancellation calls those who wait before it can be seen (CancellationManager::StartCancel sets the flag afterwards), so that now and then
# the thread looks, sees none, and sleeps its whole period out. A slow reader meets longer periods. Without tuning none is late.
# Seen in tensorflow-cpu 2.21.0, two cores: of 60 iterators read for 0.4 s some took over 180 ms to free. Needs Python 3.10 to 3.13; about 300 MB
# are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0
cd "$folder"
TF_CPP_MIN_LOG_LEVEL=3 CUDA_VISIBLE_DEVICES=-1 "$folder/venv/bin/python" - <<'PYTHON'
import time

import tensorflow as tf

PASSES = 60


def freeing(tuned):
    options = tf.data.Options()
    options.autotune.enabled = tuned
    dataset = tf.data.Dataset.range(40).map(tf.abs, num_parallel_calls=8).batch(10).prefetch(2).with_options(options)
    taken = []
    for _ in range(PASSES):
        iterator = iter(dataset)
        for _ in range(4):
            next(iterator)
            time.sleep(0.1)
        began = time.perf_counter()
        del iterator
        taken.append(1000 * (time.perf_counter() - began))
    return taken


print("TensorFlow", tf.__version__)
late = {}
for tuned in (True, False):
    taken = freeing(tuned)
    late[tuned] = sum(ms > 180 for ms in taken)
    print(f"autotune {tuned}: freed in {sorted(taken)[PASSES // 2]:.1f} ms (median), {max(taken):.0f} ms (most); {late[tuned]} of {PASSES} late")
assert late[True] > 0 and late[False] == 0, late
PYTHON
