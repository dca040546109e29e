/** timm's weights, at Hugging Face. */
import { answer } from "../../input/fetch";
import { isRecord } from "../formats/json";
import { unknownWeights, type Asking, type Published, type PublishedSource } from "./source";

/**
 * Tags of timm's weights that want the pixels of their network here, first the one that timm takes where none is named; those that
 * want others have mappings with their tags.
 * @see timm 1.0.31: default_cfgs in models/*.py; test/oracle/twins.py reads them
 */
const TIMM: Readonly<Record<string, string>> = {
  resnet18: "a1_in1k a2_in1k a3_in1k tv_in1k fb_ssl_yfcc100m_ft_in1k fb_swsl_ig1b_ft_in1k gluon_in1k",
  resnet26: "bt_in1k",
  resnet34: "a1_in1k a2_in1k a3_in1k bt_in1k tv_in1k gluon_in1k",
  resnet50:
    "a1_in1k a1h_in1k a2_in1k a3_in1k b1k_in1k b2k_in1k c1_in1k c2_in1k d_in1k ram_in1k am_in1k ra_in1k bt_in1k tv_in1k tv2_in1k bamboo fb_ssl_yfcc100m_ft_in1k fb_swsl_ig1b_ft_in1k gluon_in1k",
  resnet101: "a1h_in1k a1_in1k a2_in1k a3_in1k tv_in1k tv2_in1k gluon_in1k",
  resnet152: "a1h_in1k a1_in1k a2_in1k a3_in1k tv_in1k tv2_in1k gluon_in1k",
  wide_resnet50_2: "racm_in1k tv_in1k tv2_in1k",
  wide_resnet101_2: "tv_in1k tv2_in1k",
  seresnet50: "a1_in1k a2_in1k a3_in1k ra2_in1k",
  resnetaa50: "a1h_in1k",
  resnetblur50: "bt_in1k",
  resnetv2_50: "a1h_in1k",
  resnetv2_101: "a1h_in1k",
  convnext_tiny:
    "in12k_ft_in1k in12k_ft_in1k_384 in12k fb_in22k_ft_in1k fb_in1k fb_in22k_ft_in1k_384 fb_in22k dinov3_lvd1689m eupe_lvd1689m",
  inception_v3: "tv_in1k tf_in1k tf_adv_in1k",
  inception_v4: "tf_in1k",
  inception_resnet_v2: "tf_in1k tf_ens_adv_in1k",
  efficientnet_b0: "ra_in1k",
  efficientnet_b1: "ra4_e3600_r240_in1k",
  efficientnet_b2: "ra_in1k",
  efficientnet_b3: "ra2_in1k",
  tf_efficientnet_b0: "ns_jft_in1k aa_in1k in1k",
  tf_efficientnet_b1: "ns_jft_in1k aa_in1k in1k",
  tf_efficientnet_b2: "ns_jft_in1k aa_in1k in1k",
  tf_efficientnet_b3: "ns_jft_in1k aa_in1k in1k",
  mobilenetv1_100: "ra4_e3600_r224_in1k",
  mobilenetv2_050: "lamb_in1k",
  mobilenetv2_100: "ra_in1k",
  mobilenetv2_140: "ra_in1k",
  mobilenetv3_large_100: "ra_in1k",
  mobilenetv3_small_100: "lamb_in1k",
  tf_mobilenetv3_large_100: "in1k",
  tf_mobilenetv3_small_100: "in1k",
  vgg11: "tv_in1k",
  vgg11_bn: "tv_in1k",
  vgg16: "tv_in1k",
  vgg16_bn: "tv_in1k",
  vgg19: "tv_in1k",
  vgg19_bn: "tv_in1k",
};

/** The tags of a network's weights, the default one first; all want the same pixels. */
export function timmTags(network: string): readonly string[] {
  return Object.hasOwn(TIMM, network) ? (TIMM[network] ?? "").split(" ") : [];
}

const NAMES = Object.keys(TIMM).flatMap((network) => [
  `timm/${network}`,
  `timm/${network}.${timmTags(network)[0] ?? ""}`,
]);

/** timm's weights by its networks and tags: "resnet50.a1_in1k". What there is of them is asked for at Hugging Face. */
export const timm: PublishedSource = {
  baseUrl: "https://huggingface.co/",
  networks: Object.keys(TIMM),
  tagOf(network, tag = timmTags(network)[0]) {
    if (tag === undefined) throw unknownWeights(`timm/${network}`, NAMES);
    return tag;
  },
  async find(network, tag, asking) {
    const id = `timm/${network}.${tag}`;
    const address = `${id}/resolve/main/model.safetensors`;
    const found = await fileAt(new URL(address, asking.baseUrl).href, asking.signal);
    if (found === undefined) throw unknownWeights(id, NAMES);
    const beside = `${id}/resolve/main/config.json`; // importWeights() has the pixels from it
    return { address, license: await licenseOf(id, asking), ...found, beside };
  },
};

/**
 * Size and SHA-256 of a file in Git's large storage, whose server says them where it sends one on to the contents.
 * @returns undefined if there is no such file; for a file that is not there but in Git itself, its size alone
 * @see huggingface_hub: file_download.py, get_hf_file_metadata()
 */
async function fileAt(
  url: string,
  signal: AbortSignal | undefined,
): Promise<Pick<Published, "bytes" | "sha256"> | undefined> {
  const request = { method: "HEAD", redirect: "manual", headers: { "accept-encoding": "identity" } } as const;
  // Of a repository that is not there it says that one may not see it.
  const { status, headers } = await answer(
    url,
    { ...request, ...(signal === undefined ? {} : { signal }) },
    (response) => response.status < 400 || [401, 403, 404].includes(response.status),
  );
  if (status >= 400) return undefined;
  const bytes = Number(headers.get("x-linked-size") ?? headers.get("content-length") ?? NaN);
  const [sha256] = /^[0-9a-f]{64}$/.exec((headers.get("x-linked-etag") ?? "").replaceAll('"', "")) ?? [];
  return { ...(Number.isSafeInteger(bytes) ? { bytes } : {}), ...(sha256 === undefined ? {} : { sha256 }) };
}

/** What the card of a model says. */
async function licenseOf(id: string, { baseUrl, signal }: Asking): Promise<string> {
  const url = new URL(`api/models/${id}`, baseUrl).href;
  const response = await answer(url, signal === undefined ? {} : { signal });
  const model: unknown = await response.json();
  const card = isRecord(model) ? model["cardData"] : undefined;
  const license: unknown = isRecord(card) ? card["license"] : undefined;
  return typeof license === "string" ? license : "none stated";
}
