"""What Keras' callbacks do on recorded epochs: test/fixtures/callbacks.json.

Environment: any Python with keras==3.15.1 torch==2.13.0. Command: KERAS_BACKEND=torch python test/oracle/callbacks.py
"""
import keras
from patterns import number, pattern, write_fixture

FALLING = [1, 0.8, 0.7, 0.71, 0.69, 0.72, 0.73, 0.74, 0.70, 0.71, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6]
NOISY = [number(0.5 + 0.1 * float(x) - 0.01 * i) for i, x in enumerate(pattern("callbacks/noisy", [30]))]
RISING = [0.5, 0.5, 0.6, 0.6, 0.61, 0.605, 0.7, 0.69, 0.68, 0.67, 0.66]
SERIES = {"falling": FALLING, "noisy": NOISY, "rising": RISING}

STOPPING = [  # series, options
    ("falling", {}), ("falling", {"patience": 1}), ("falling", {"patience": 3}), ("falling", {"patience": 4}),
    ("falling", {"patience": 2, "min_delta": 0.05}), ("falling", {"patience": 2, "baseline": 0.75}),
    ("falling", {"patience": 2, "start_from_epoch": 5}), ("falling", {"patience": 3, "baseline": 0.4}),
    ("noisy", {"patience": 2}), ("noisy", {"patience": 5, "min_delta": 0.01}), ("noisy", {"patience": 2, "mode": "max"}),
    ("rising", {"mode": "max", "patience": 2}), ("rising", {"mode": "max", "patience": 4, "min_delta": 0.02}),
    ("rising", {"mode": "min", "patience": 0}),
]
REDUCING = [
    ("falling", {"patience": 1}), ("falling", {"patience": 2, "factor": 0.5}),
    ("falling", {"patience": 2, "factor": 0.5, "cooldown": 2}), ("falling", {"patience": 1, "min_lr": 0.002}),
    ("noisy", {"patience": 2, "factor": 0.3, "min_delta": 0.02}), ("noisy", {"patience": 0, "factor": 0.9, "cooldown": 1}),
    ("rising", {"mode": "max", "patience": 2, "min_delta": 0}),
]


def small():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.01), "mse")
    return model


def stopping(series, options):
    """At each epoch a weight is its number, so that what is restored tells the best."""
    model = small()
    callback = keras.callbacks.EarlyStopping(restore_best_weights=True, **options)
    callback.set_model(model)
    callback.on_train_begin()
    epochs = 0
    for epoch, loss in enumerate(SERIES[series]):
        model.set_weights([weight * 0 + epoch for weight in model.get_weights()])
        callback.on_epoch_end(epoch, {"val_loss": loss})
        epochs += 1
        if model.stop_training: break
    callback.on_train_end()
    return {"epochs": epochs, "stopped": bool(model.stop_training), "bestEpoch": callback.best_epoch + 1,
            "restored": number(model.get_weights()[0].flatten()[0]) + 1}


def reducing(series, options):
    model = small()
    callback = keras.callbacks.ReduceLROnPlateau(**options)
    callback.set_model(model)
    callback.on_train_begin()
    rates = []
    for epoch, loss in enumerate(SERIES[series]):
        callback.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(number(float(model.optimizer.learning_rate)))
    return {"rates": rates}


if __name__ == "__main__":
    camel = lambda options: {"".join(p.title() if i else p for i, p in enumerate(k.split("_"))): v for k, v in options.items()}
    write_fixture("callbacks", {
        "series": SERIES,
        "stopping": [{"series": s, "options": camel(o), **stopping(s, o)} for s, o in STOPPING],
        "reducing": [{"series": s, "options": camel(o), **reducing(s, o)} for s, o in REDUCING],
    })
