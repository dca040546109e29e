/** Photos in memory augmented by TrivialAugmentWide and RandAugment, and put into batches: ours and torchvision's. */
import { randAugment, Dataset, trivialAugmentWide } from "../src/input";
import { random, tf } from "../src/tensorflow";
import { contest, pythonPeer, timed, type Contender, type Result } from "./contest";
import { peersPython } from "./peers";
import type { StepBench } from "./step";

const BATCHES = 64;

/** Seconds a batch of each contender, whose photos go through one of both policies in turn. */
export async function benchAugment({ rounds, batch, side }: StepBench): Promise<Result[]> {
  const photos = tf.tidy(() =>
    random.uniform([batch, side, side, 3], random.seed(1), 0, 256).floor().toInt(),
  );
  const dataset = Dataset.fromTensorSlices(photos).repeat(BATCHES / 2);
  const seeded = Dataset.zip(dataset, Dataset.range(2 ** 30));
  const policies = [trivialAugmentWide, randAugment].map((augment) =>
    seeded
      .map(([photo, n]: [tf.Tensor, tf.Scalar]) => augment(photo, tf.stack([n, n])))
      .batch(batch)
      .prefetch(2),
  );
  const ours = async (): Promise<number> => {
    const seconds = await timed(async () => {
      for (const policy of policies) for await (const images of policy) images.dispose();
    });
    return seconds / BATCHES;
  };
  const close = (): void => {
    policies.forEach((policy) => policy.dispose());
    photos.dispose();
  };
  const contenders: Contender[] = [{ name: "slimlab", run: ours, close }];
  const peer = await pythonPeer("augment_torch.py", [batch, side, BATCHES].map(String), peersPython());
  contenders.push(
    { name: "torchvision, tensors", isPeer: true, run: () => peer.ask("tensor") },
    { name: "torchvision, Pillow", isPeer: true, run: () => peer.ask("pillow"), close: peer.close },
  );
  return contest(contenders, rounds, 1);
}
