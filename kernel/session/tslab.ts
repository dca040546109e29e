// The order counts: tslab's modules are to get the interposed TypeScript, and what users import of tslab is not.
import { restoreTypeScript } from "./interpose";
import { createConverter } from "tslab/dist/converter";
import { createExecutor } from "tslab/dist/executor";

restoreTypeScript();

export { createConverter, createExecutor };
