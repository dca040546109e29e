/** A training that is found, planned and watched for its user. */
export { lrFind, type LrFindOptions, type LrFound } from "./lrfind";
