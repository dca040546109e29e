/** Records whose labels were read as 0, or as another number than they hold. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createInputFn,
  fixedLenFeature,
  getDecoder,
  TFExampleDecoder,
  tfexampleDecoder,
  varLenFeature,
  type Dataset,
  type InputFnOptions,
  type LabeledBatch,
} from "../../src/input";
import { encodeExample, feature, frameRecord, tf } from "../../src/tensorflow";
import { labeledRecord } from "./labeled";
import { testSituations } from "./table";

const LABEL = "image/class/label";

function write(folder: string, records: readonly Uint8Array[]): string {
  writeFileSync(join(folder, "set-0"), Buffer.concat(records.map(frameRecord)));
  return join(folder, "set-*");
}

function input(
  folder: string,
  records: readonly Uint8Array[],
  options: InputFnOptions = {},
): Dataset<LabeledBatch> {
  return createInputFn(write(folder, records), {
    batchSize: 2,
    numEpochs: 1,
    dropRemainder: false,
    ...options,
    labels: true,
  })();
}

async function labelsOf(dataset: Dataset<LabeledBatch>): Promise<number[]> {
  const labels: number[] = [];
  for await (const [, label] of dataset) labels.push(...label.dataSync());
  return labels;
}

/** What a decoder of one int64 feature gives. */
function numbersOf(kind: "fixed" | "variable", ...values: number[]): number[] {
  const of = kind === "fixed" ? fixedLenFeature([values.length], "int64") : varLenFeature("int64");
  const decoder = new TFExampleDecoder({ id: of }, { id: tfexampleDecoder.Tensor("id") });
  return tf.tidy(() => [
    ...(decoder.decode(encodeExample({ id: feature.int64(...values) }))[0]?.dataSync() ?? []),
  ]);
}

testSituations([
  {
    name: "records of object detection, whose labels have another key, are refused with both keys, the file and the record",
    situation: (folder) => {
      const others = { "image/object/class/label": feature.int64(3, 4) };
      return labelsOf(input(folder, [labeledRecord(1, others, [LABEL]), labeledRecord(2, others, [LABEL])]));
    },
    expected:
      /^Cannot decode record 0 of ".*set-0" \(image\/filename "photo 1.png"\): expected the feature "image\/class\/label", got ("image\/[a-z/]+"(, )?){4}; for records of other keys make a TFExampleDecoder; checkRecords\(\) finds all records that can't be decoded$/,
  },
  {
    name: "records without an encoded image say so",
    situation: (folder) => labelsOf(input(folder, [labeledRecord(1, {}, ["image/encoded"])])),
    expected:
      /^Cannot decode record 0 of ".*" \(.*\): expected the feature "image\/encoded", got "image\/format"/,
  },
  {
    name: "without labels asked for, records need none",
    situation: async (folder) => {
      const pattern = write(folder, [labeledRecord(1, {}, [LABEL]), labeledRecord(2, {}, [LABEL])]);
      const [image] = getDecoder().decode(labeledRecord(1, {}, [LABEL]), ["image"]);
      const { image: batch } = await createInputFn(pattern, { batchSize: 2, labels: false })().first();
      const shapes = [image?.shape, batch.shape];
      tf.dispose([image ?? [], batch]);
      return shapes;
    },
    expected: [[4, 4, 3], [2, 256, 256, 3]], // prettier-ignore
  },
  {
    name: "a label that int32 does not hold is refused",
    situation: (folder) =>
      labelsOf(input(folder, [labeledRecord(0, { [LABEL]: feature.int64(2 ** 32 + 1) })])),
    expected: /feature "image\/class\/label" holds a number that int32 does not/,
  },
  {
    name: "so are other numbers of 64 bits, in features of any kind",
    situation: () => numbersOf("variable", 1, -(2 ** 31) - 1),
    expected: /^Cannot decode record: feature "id" holds a number that int32 does not/,
  },
  {
    name: "numbers that int32 holds are kept, the outermost too, and none",
    situation: () => [
      numbersOf("fixed", 2 ** 31 - 1, -(2 ** 31), 0),
      numbersOf("variable", 7),
      numbersOf("variable"),
    ],
    expected: [[2147483647, -2147483648, 0], [7], []],
  },
]);
