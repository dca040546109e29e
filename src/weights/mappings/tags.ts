/** Which weights of a network those that publish them have, by tag, and for which pixels. */
import { torchvisionTags } from "../published/torchvision";

/**
 * Tags of timm's weights that want the pixels of their network here; those that want others have mappings with their tags.
 * @see timm 1.0.31: default_cfgs in models/*.py; test/oracle/twins.py reads them
 */
const TIMM: Readonly<Record<string, string>> = {
  resnet18: "a1_in1k a2_in1k a3_in1k tv_in1k fb_ssl_yfcc100m_ft_in1k fb_swsl_ig1b_ft_in1k gluon_in1k",
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

/** A network's name with the tags of its weights that want its pixels. @param name  "timm/resnet50" @returns "timm/resnet50.a1_in1k", … */
export function taggedOf(name: string): readonly string[] {
  const [, source = "", network = ""] = /^(\w+)\/(.+)$/.exec(name) ?? [];
  const timm = Object.hasOwn(TIMM, network) ? (TIMM[network] ?? "").split(" ") : [];
  const tags: Readonly<Record<string, readonly string[]>> = { timm, torchvision: torchvisionTags(network) };
  return (tags[source] ?? []).map((tag) => `${name}.${tag}`);
}
