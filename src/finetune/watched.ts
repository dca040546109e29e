/** Photos that a model is looked at with, step by step. */
import { gradCam, type GradCam, type GradCamOptions } from "../explain";
import type { Model } from "../model/model";
import { tf, trace, type Traced } from "../tensorflow";

/** The photos, and what explains them, compiled for the model that is trained. */
export class Watched {
  private readonly images: tf.Tensor4D;
  private made: { readonly model: Model; readonly preprocessed: tf.Tensor4D; readonly maps: Traced<[tf.Tensor4D], GradCam> } | undefined; // prettier-ignore

  constructor(
    images: tf.Tensor4D,
    private readonly options: GradCamOptions,
  ) {
    this.images = tf.keep(images.clone());
  }

  /** The photos as the model sees them, which stay this one's, and their maps, which the caller disposes. */
  async look(model: Model): Promise<{ readonly preprocessed: tf.Tensor4D; readonly cam: GradCam }> {
    if (this.images.isDisposed) throw new Error("Cannot show heat maps: expected photos, got disposed ones");
    if (this.made?.model !== model) {
      this.free();
      const preprocessed = tf.keep(model.preprocess(this.images));
      const maps = trace((x: tf.Tensor4D): GradCam => gradCam(model, x, this.options), { name: "gradCam" });
      this.made = { model, preprocessed, maps };
    }
    const { preprocessed, maps } = this.made;
    return { preprocessed, cam: await maps(preprocessed) };
  }

  dispose(): void {
    this.free();
    this.images.dispose();
  }

  private free(): void {
    this.made?.maps.dispose();
    this.made?.preprocessed.dispose();
    this.made = undefined;
  }
}
