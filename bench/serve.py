"""Serves the SavedModel of bench/serve.ts by TensorFlow, Starlette and uvicorn: POST /classify with a photo's bytes gives its probabilities.

Photos are decoded, resized and cropped by tf.function, in threads; "plain" runs the network for each request in such a thread,
"batching" for all that wait, up to 16, while the next are decoded. Tells its address once it listens.
    python bench/serve.py plain|batching FOLDER SIDE RESIZE_SIDE SCALE OFFSETS
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow as tf  # noqa: E402
import uvicorn  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.responses import JSONResponse  # noqa: E402
from starlette.routing import Route  # noqa: E402

WAY, FOLDER, SIDE, RESIZE_SIDE = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
SCALE, OFFSETS = float(sys.argv[5]), [float(offset) for offset in sys.argv[6].split(",")]
MOST = 16

saved = tf.saved_model.load(FOLDER)
signature = saved.signatures["serving_default"]
with open(os.path.join(FOLDER, "assets", "labels.txt")) as labels:
    NAMES = labels.read().split("\n")


@tf.function(input_signature=[tf.TensorSpec([], tf.string)])
def decode(file):
    image = tf.io.decode_image(file, channels=3, expand_animations=False)
    sides = tf.cast(tf.shape(image)[:2], tf.float32)
    size = tf.cast(tf.round(sides * (RESIZE_SIDE / tf.reduce_min(sides))), tf.int32)
    image.set_shape([None, None, 3])
    begin = (size - SIDE) // 2
    crop = tf.compat.v1.image.resize_bilinear(image[tf.newaxis], size)[0][begin[0] : begin[0] + SIDE, begin[1] : begin[1] + SIDE]
    return tf.ensure_shape(crop * SCALE + OFFSETS, [SIDE, SIDE, 3])


@tf.function(input_signature=[tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32)])
def network(images):
    return signature(preprocessed=images)["probabilities"]


decoders = ThreadPoolExecutor(os.cpu_count())
runner = ThreadPoolExecutor(1)
waiting = []


def alone(body):
    return network(decode(tf.constant(body))[tf.newaxis]).numpy()[0]


def together(images):
    return network(tf.stack(images)).numpy()


async def run_batches(arrived):
    loop = asyncio.get_running_loop()
    while True:
        await arrived.wait()
        batch = waiting[:MOST]
        del waiting[:MOST]
        if not waiting:
            arrived.clear()
        images = [await image for image, _ in batch]
        for (_, answer), row in zip(batch, await loop.run_in_executor(runner, together, images)):
            answer.set_result(row)


async def classify(request):
    loop = asyncio.get_running_loop()
    body = await request.body()
    if WAY == "plain":
        row = await loop.run_in_executor(decoders, alone, body)
    else:
        answer = loop.create_future()
        waiting.append((loop.run_in_executor(decoders, decode, tf.constant(body)), answer))
        request.app.state.arrived.set()
        row = await answer
    return JSONResponse({"probabilities": dict(zip(NAMES, row.tolist()))})


async def main():
    app = Starlette(routes=[Route("/classify", classify, methods=["POST"])])
    app.state.arrived = asyncio.Event()
    work = asyncio.create_task(run_batches(app.state.arrived))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}", flush=True)
    await serving
    work.cancel()


asyncio.run(main())
