#!/usr/bin/env bash
# Keras' EarlyStopping and ReduceLROnPlateau keep a first value of NaN as the best for ever, since no number is less than NaN: a training whose first
# validation gave NaN and which learns well afterwards is stopped by patience, and with restore_best_weights given back the weights of that NaN.
# Seen in keras 3.15.1. Needs Python 3.11 to 3.13; about 200 MB (keras on its NumPy backend) are downloaded to a temporary folder.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check keras==3.15.1 scipy==1.16.3 jax==0.7.2
cd "$folder"
KERAS_BACKEND=numpy "$folder/venv/bin/python" - <<'PYTHON'
import keras


class Model(keras.Model):
    """Weights that are the number of the epoch."""

    def __init__(self):
        super().__init__()
        self.epoch = self.add_weight(shape=(), name="epoch")


def run(losses):
    """The epochs run, and the epoch whose weights the model has then."""
    model = Model()
    callback = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    callback.set_model(model)
    callback.on_train_begin()
    model.stop_training = False
    for epoch, loss in enumerate(losses):
        model.epoch.assign(epoch)
        callback.on_epoch_end(epoch, {"val_loss": loss})
        if model.stop_training:
            break
    callback.on_train_end()
    return epoch + 1, int(model.epoch.numpy())


seen = {"nan first": run([float("nan"), 0.9, 0.5, 0.3, 0.2, 0.1]), "nan second": run([1.0, float("nan"), 0.5, 0.3, 0.2, 0.1])}
print("Keras", keras.__version__, "(epochs run, weights of epoch):", seen)
assert seen == {"nan first": (3, 0), "nan second": (6, 5)}, seen
PYTHON
