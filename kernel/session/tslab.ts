// The order counts: tslab's converter, and nothing else, is to get the interposed TypeScript.
import { restoreTypeScript } from "./interpose";
import { createConverter } from "tslab/dist/converter";

restoreTypeScript();

export { createConverter };
