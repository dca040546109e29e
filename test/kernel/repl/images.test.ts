import assert from "node:assert/strict";
import { test } from "node:test";
import { PNG } from "pngjs";
import { decode } from "sixel";
import { createGraphics } from "../../../kernel/repl/graphics";
import {
  decodePng,
  encodeImage,
  itermSequence,
  kittySequence,
  shrink,
  sixelSequence,
} from "../../../kernel/repl/images";
import { reduceColours, type Pixels } from "../../../kernel/repl/palette";

function pixels(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Pixels {
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) data.set(colour(x, y), (y * width + x) * 4);
  }
  return { width, height, data };
}

function encodePng({ width, height, data }: Pixels): Uint8Array {
  const png = new PNG({ width, height });
  png.data = Buffer.from(data);
  return PNG.sync.write(png);
}

const [red, blue, clear] = [
  [255, 0, 0, 255],
  [0, 0, 255, 255],
  [0, 0, 0, 0],
];

test("sixelSequence() writes a small picture as one does by hand", () => {
  const flag = pixels(3, 2, (x, y) => (x === 2 ? (clear ?? []) : y === 0 ? (red ?? []) : (blue ?? [])));
  // Red is bit 0 of a column's six (? + 1 = @), blue bit 1 (? + 2 = A), both in columns 0 and 1, none in column 2.
  assert.equal(
    sixelSequence(flag),
    '\x1bP0;1;q"1;1;3;2#0;2;100;0;0#1;2;0;0;100#0@@$#1AA$-\x1b\\'.replace("$-\x1b", "$\x1b"),
  );
});

test("sixelSequence() is decoded to the same pixels, as far as sixel's percentages tell colours apart", () => {
  const photo = pixels(31, 17, (x, y) => [x * 8, y * 15, 255 - x * 8, 255]);
  const text = sixelSequence(photo);
  const decoded = decode(text.slice(text.indexOf("q") + 1, -2));
  assert.deepEqual([decoded.width, decoded.height], [31, 17]);
  const seen = new Uint8Array(decoded.data32.buffer, decoded.data32.byteOffset, 31 * 17 * 4);
  for (let channel = 0; channel < 3; channel++) {
    let [sum, wanted] = [0, 0];
    for (let i = channel; i < seen.length; i += 4) {
      sum += seen[i] ?? 0;
      wanted += photo.data[i] ?? 0;
    }
    assert.ok(Math.abs(sum - wanted) / (31 * 17) < 4, `channel ${channel}`);
  }
});

test("reduceColours() keeps up to 256 colours as they are, and spreads the error of more", () => {
  const few = pixels(16, 16, (x, y) => [x * 16, y * 16, 0, 255]);
  assert.deepEqual([...reduceColours(few).data], [...few.data]);
  assert.equal(reduceColours(few).palette.length, 256);
  const many = reduceColours(pixels(40, 40, (x, y) => [x * 6, y * 6, (x + y) * 3, 255]));
  assert.equal(many.palette.length, 252);
  const known = new Set(many.palette.map(String));
  for (let i = 0; i < many.data.length; i += 4) assert.ok(known.has(String([...many.data.slice(i, i + 3)])));
});

test("kittySequence() sends base64 in pieces that belong together", () => {
  const png = Uint8Array.from({ length: 7_000 }, (_, i) => i % 251);
  const pieces = [...kittySequence(png, 80).matchAll(/\x1b_G([^;]*);([^\x1b]*)\x1b\\/g)];
  assert.deepEqual(
    pieces.map((piece) => piece[1]),
    ["f=100,a=T,q=2,c=80,m=1", "m=1", "m=0"],
  );
  assert.ok(pieces.every((piece) => (piece[2] ?? "").length <= 4096));
  assert.deepEqual(Buffer.from(pieces.map((piece) => piece[2]).join(""), "base64"), Buffer.from(png));
});

test("itermSequence() says the size", () => {
  assert.equal(itermSequence(Buffer.from("abc")), "\x1b]1337;File=inline=1;size=3:YWJj\x07");
});

test("shrink() takes the mean of the pixels that fall together", () => {
  const stripes = pixels(4, 2, (x) => (x % 2 === 0 ? [0, 0, 0, 255] : [200, 100, 50, 255]));
  const small = shrink(stripes, 2);
  assert.deepEqual(
    [small.width, small.height, [...small.data]],
    [2, 1, [100, 50, 25, 255, 100, 50, 25, 255]],
  );
  assert.equal(shrink(stripes, 4), stripes);
});

test("decodePng() and encodeImage() go by what the terminal said", () => {
  const picture = pixels(4, 2, () => [255, 0, 0, 255]);
  const png = encodePng(picture);
  assert.deepEqual([...decodePng(png).data], [...picture.data]);
  const none = createGraphics({});
  assert.equal(encodeImage(png, none, 80), undefined);
  none.hear("\x1b[?1;2c");
  assert.equal(encodeImage(png, none, 80), undefined);
  none.hear("\x1b[?62;4;22c");
  assert.match(encodeImage(png, none, 80) ?? "", /^\x1bP/);
  none.hear("\x1b_Gi=31;OK\x1b\\");
  assert.match(encodeImage(png, none, 80) ?? "", /^\x1b_Gf=100,a=T,q=2,m=0;/);
  none.hear("\x1b[6;2;1t");
  assert.match(encodeImage(png, none, 3) ?? "", /c=3,/); // 4 pixels on 3 columns of 1 pixel
  assert.match(encodeImage(png, createGraphics({ TERM_PROGRAM: "iTerm.app" }), 80) ?? "", /^\x1b\]1337;/);
});

test("createGraphics() believes a multiplexer's device attributes only", () => {
  const inside = createGraphics({ TMUX: "/run/tmux", TERM_PROGRAM: "iTerm.app" });
  assert.equal(inside.question, "\x1b[c");
  inside.hear("\x1b_Gi=31;OK\x1b\\");
  assert.equal(inside.protocol(), undefined);
  inside.hear("\x1b[?62;4c");
  assert.equal(inside.protocol(), "sixel");
});
