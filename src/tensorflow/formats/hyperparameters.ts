/** What TensorBoard's hparams plugin reads and writes. */
import { messageType } from "../runtime/protos";

const HParamsPluginData = messageType("HParamsPluginData");

/** A hyperparameter's value. */
export type Hyperparameter = number | string | boolean;

/** What TensorBoard's hparams plugin reads of a run, as the contents of three summaries without data. */
export const encodeHyperparameters = {
  /** Names and kinds of hyperparameters, and the tags of the scalars that the run is judged by. */
  experiment(values: Readonly<Record<string, Hyperparameter>>, metrics: readonly string[]): Uint8Array {
    const type = (value: Hyperparameter): number =>
      ({ string: 1, boolean: 2, number: 3 })[typeof value as "string" | "boolean" | "number"];
    const hparam_infos = Object.entries(values).map(([name, value]) => ({ name, type: type(value) }));
    return pluginData({
      experiment: { hparam_infos, metric_infos: metrics.map((tag) => ({ name: { tag } })) },
    });
  },
  /** The values; runs of one group are shown as one. */
  start(values: Readonly<Record<string, Hyperparameter>>, group: string, seconds: number): Uint8Array {
    const kind = (value: Hyperparameter): object => {
      if (typeof value === "string") return { string_value: value };
      return typeof value === "boolean" ? { bool_value: value } : { number_value: value };
    };
    const hparams = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, kind(value)]));
    return pluginData({ session_start_info: { hparams, group_name: group, start_time_secs: seconds } });
  },
  /** That the run has ended well. */
  end: (seconds: number): Uint8Array =>
    pluginData({ session_end_info: { status: 1, end_time_secs: seconds } }),
} as const;

const pluginData = (data: object): Uint8Array => HParamsPluginData.encode({ version: 0, ...data }).finish();

interface RawStart {
  session_start_info?: {
    hparams?: Readonly<
      Record<string, { string_value?: string; bool_value?: boolean; number_value?: number }>
    >;
  };
}

/**
 * The values that the contents of such a summary say; undefined if it says none.
 * @throws {Error} if they are no such contents
 */
export function decodeHyperparameters(
  content: Uint8Array,
): Readonly<Record<string, Hyperparameter>> | undefined {
  const { session_start_info: start } = HParamsPluginData.toObject(
    HParamsPluginData.decode(content),
  ) as RawStart;
  if (start === undefined) return undefined;
  const values = Object.entries(start.hparams ?? {}).map(
    ([name, { string_value, bool_value, number_value }]) =>
      [name, string_value ?? bool_value ?? number_value ?? ""] as const,
  );
  return Object.fromEntries(values);
}
