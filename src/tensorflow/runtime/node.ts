/**
 * What tfjs-node 4.22 asks of Node and no longer gets: `util.isNullOrUndefined` was removed in Node 23, and both this
 * and `util.isArray` make Node 22 warn (DEP0051, DEP0044). To be imported before tfjs-node.
 * @see https://nodejs.org/api/deprecations.html
 */
import util from "node:util";

Object.assign(util, {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown): value is null | undefined => value === null || value === undefined,
});
