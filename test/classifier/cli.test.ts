import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { predict, saveClassifier } from "../../src/classifier";
import { encodePng } from "../../src/tensorflow";
import { temporaryFolder } from "../temporary";
import { NAMES, photo, smallModel } from "./small";

const root = temporaryFolder("predict-cli");

function slimlab(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const program = resolve(__dirname, "../../src/cli.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8", cwd: root }); // prettier-ignore
  return { code: status, stdout, stderr };
}

test("slimlab predict tells the classes of photos, as predict() does, and names what is no photo", async () => {
  const model = smallModel();
  await saveClassifier(model, join(root, "hats"), { classNames: NAMES });
  mkdirSync(join(root, "photos"));
  for (const name of ["1.png", "2.png"]) {
    const image = photo(name);
    writeFileSync(join(root, "photos", name), encodePng(image));
    image.dispose();
  }
  const { photos } = await predict(model, join(root, "photos"), { classNames: NAMES });
  const whole = slimlab("predict", "hats", "photos");
  assert.deepEqual([whole.code, whole.stderr], [0, ""]);
  const [heading, ...lines] = whole.stdout.trim().split("\n");
  assert.match(heading ?? "", /^photo +predicted +next$/);
  for (const [i, line] of lines.entries())
    assert.ok(line.startsWith(`photos/${i + 1}.png`) && line.includes(`  ${photos[i]?.classes[0]} 0.`), line);
  assert.equal(lines.length, 2);
  writeFileSync(join(root, "photos/notes.txt"), "hats");
  const { code, stdout, stderr } = slimlab("predict", "hats", "photos", "photos/gone.jpg", "--json");
  const told: unknown = JSON.parse(stdout);
  const wanted = photos.map((one, i) => ({ ...one, photo: `photos/${i + 1}.png` }));
  const reasons = ["photos/notes.txt", "photos/gone.jpg"].map((file) => ({ file, reason: stderr.split("\n").find((line) => line.includes(file))?.trim() })); // prettier-ignore
  assert.deepEqual(told, { photos: wanted, bad: reasons });
  assert.equal(code, 1);
  assert.match(stderr, /^2 files left out:\n  Cannot read image "photos\/notes.txt": expected a photo/);
  const crops = slimlab("predict", "hats", "photos/1.png", "--json", "--tta");
  const ten = await predict(model, join(root, "photos/1.png"), { classNames: NAMES, tta: true });
  assert.deepEqual(JSON.parse(crops.stdout), {
    photos: ten.photos.map((one) => ({ ...one, photo: "photos/1.png" })),
    bad: [],
  });
  const none = slimlab("predict", "photos", "photos/1.png");
  assert.deepEqual([none.code, none.stdout], [1, ""]);
  assert.match(none.stderr, /^slimlab: Cannot predict by "photos": expected a folder of saveClassifier\(\) or exportSavedModel\(\), got neither\n$/); // prettier-ignore
  assert.match(slimlab("predict", "--help").stdout, /<classifier> <photos\.\.\.>[^]*Example:/);
  model.dispose();
});
