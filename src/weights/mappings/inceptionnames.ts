/** The modules of torchvision's and timm's Inceptions that convolve, in the order of computation. */

const under = (at: string, layers: readonly string[]): readonly string[] =>
  layers.map((layer) => `${at}.${layer}`);

/** One, then so many more: "a_1", "a_2" … */
const counted = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}_${i + 1}`);

/** Branches by how many convolutions they have: more than one are a sequence, "branch1.0", "branch1.1" … */
const branches = (...counts: readonly number[]): readonly string[] =>
  counts.flatMap((count, i) =>
    count === 1 ? [`branch${i}`] : Array.from({ length: count }, (_, layer) => `branch${i}.${layer}`),
  );

/** The last branch of a module: 0 is its pool. */
const POOLED = "branch3.1";

const repeated = (count: number, layers: readonly string[]): readonly (readonly string[])[] =>
  Array.from({ length: count }, () => layers);

const V3_A = ["branch1x1", ...counted("branch5x5", 2), ...counted("branch3x3dbl", 3), "branch_pool"];
const V3_B = ["branch1x1", ...counted("branch7x7", 3), ...counted("branch7x7dbl", 5), "branch_pool"];
const V3_C = [
  ...["branch1x1", "branch3x3_1", "branch3x3_2a", "branch3x3_2b"],
  ...["branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3a", "branch3x3dbl_3b", "branch_pool"],
];

/** @see torchvision/models/inception.py, timm/models/inception_v3.py */
export const INCEPTION_V3: readonly string[] = [
  ...["Conv2d_1a_3x3", "Conv2d_2a_3x3", "Conv2d_2b_3x3", "Conv2d_3b_1x1", "Conv2d_4a_3x3"],
  ...["Mixed_5b", "Mixed_5c", "Mixed_5d"].flatMap((name) => under(name, V3_A)),
  ...under("Mixed_6a", ["branch3x3", ...counted("branch3x3dbl", 3)]),
  ...["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"].flatMap((name) => under(name, V3_B)),
  ...under("Mixed_7a", [...counted("branch3x3", 2), ...counted("branch7x7x3", 4)]),
  ...["Mixed_7b", "Mixed_7c"].flatMap((name) => under(name, V3_C)),
];

const V4_C = [
  ...["branch0", "branch1_0", "branch1_1a", "branch1_1b"],
  ...["branch2_0", "branch2_1", "branch2_2", "branch2_3a", "branch2_3b", POOLED],
];

/** @see timm/models/inception_v4.py (1.0.31) */
export const INCEPTION_V4: readonly string[] = [
  ...[[], [], [], ["conv"], branches(2, 4), ["conv"]], // Conv2d_1a_3x3 to Mixed_5a
  ...[...repeated(4, [...branches(1, 2, 3), POOLED]), branches(1, 3)], // Mixed_5b to Mixed_6a
  ...[...repeated(7, [...branches(1, 3, 5), POOLED]), branches(2, 4)], // Mixed_6b to Mixed_7a
  ...repeated(3, V4_C), // Mixed_7b to Mixed_7d
].flatMap((layers, i) => (layers.length === 0 ? [`features.${i}`] : under(`features.${i}`, layers)));

/** Blocks one after the other. */
const sequence = (at: string, count: number, layers: readonly string[]): readonly string[] =>
  repeated(count, layers).flatMap((all, i) => under(`${at}.${i}`, all));

const BLOCK_8 = [...branches(1, 3), "conv2d"];

/** @see timm/models/inception_resnet_v2.py (1.0.31) */
export const INCEPTION_RESNET_V2: readonly string[] = [
  ...["conv2d_1a", "conv2d_2a", "conv2d_2b", "conv2d_3b", "conv2d_4a"],
  ...under("mixed_5b", [...branches(1, 2, 3), POOLED]),
  ...sequence("repeat", 10, [...branches(1, 2, 3), "conv2d"]),
  ...under("mixed_6a", branches(1, 3)),
  ...sequence("repeat_1", 20, [...branches(1, 3), "conv2d"]),
  ...under("mixed_7a", branches(2, 2, 3)),
  ...sequence("repeat_2", 9, BLOCK_8),
  ...under("block8", BLOCK_8),
  "conv2d_7b",
];
