/** Heat maps in event files. */
import { join } from "node:path";
import { overlay, type ShowCamOptions } from "../inspect";
import { restore, shrink } from "../inspect/gallery";
import { placementOf } from "../inspect/place";
import { SummaryWriter } from "../summary";
import { tf } from "../tensorflow";
import { explanationOf, type KeptLook } from "./looks";

/** Writes looks for TensorBoard. */
export class CamEvents {
  private writer: SummaryWriter | undefined;

  /** @param logDir  the run's; TensorBoard reads one event file of a folder at a time, so these are in its folder "cams" */
  constructor(private readonly logDir: string) {}

  /**
   * Writes a look, which is in the file when this resolves: photo i under its heat as the image "cam/i", the captions as the text "cam".
   * @param photos  [batch, height, width, 3], from which the options' means were subtracted
   */
  async write(photos: tf.Tensor4D, look: KeptLook, options: ShowCamOptions): Promise<void> {
    const writer = (this.writer ??= new SummaryWriter(join(this.logDir, "cams")));
    const images = tf.tidy(() => {
      const explanation = explanationOf(look);
      const small = shrink(restore(photos, options), options.size ?? 160);
      const placement = placementOf(small, explanation, options);
      return tf.unstack(overlay(small, explanation.heatmaps, { ...options, placement }).div(255));
    });
    try {
      const written = images.map((image, i) => writer.image(`cam/${i}`, image, look.step));
      const lines = look.captions.map((caption, i) => `- cam/${i}: ${caption}`);
      writer.text("cam", lines.join("\n"), look.step);
      await Promise.all(written);
    } finally {
      tf.dispose(images);
    }
    await writer.flush();
  }

  /** Closes the file; a look after it begins another. */
  async close(): Promise<void> {
    const { writer } = this;
    this.writer = undefined;
    await writer?.close();
  }
}
