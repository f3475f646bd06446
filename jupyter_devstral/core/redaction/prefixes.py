"""The forms of keys and tokens that begin with a word of their maker: data alone, a row a form.

The forms are those that the makers and public scanners of secrets document; lengths leave room, because
makers change them without a word.
"""

from __future__ import annotations

from typing import NamedTuple


class Form(NamedTuple):
    """Beginnings, of which each is found at memory speed, and a pattern for what follows."""

    prefixes: str
    body: str


def _alnum(least: int, most: int) -> str:
    return f"[A-Za-z0-9]{{{least},{most}}}"


def _word(least: int, most: int) -> str:
    return f"[A-Za-z0-9_-]{{{least},{most}}}"


def _hex(least: int, most: int) -> str:
    return f"[0-9a-f]{{{least},{most}}}"


def _base64(least: int, most: int) -> str:
    return f"[A-Za-z0-9+/]{{{least},{most}}}={{0,2}}"


def _dotted(least: int, most: int) -> str:
    """With dots inside, but not the one that ends a sentence."""
    return f"[A-Za-z0-9_.-]{{{least},{most}}}(?<!\\.)"


_UUID = "[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"

_MODELS = (
    Form("sk-", "(?:proj-|svcacct-|admin-|ant-|or-|lf-)?" + _word(16, 300)),
    Form("sess-", _alnum(36, 60)),
    Form("hf_ api_org_", _alnum(20, 60)),
    Form("hf_oauth_", _dotted(20, 2000)),
    Form("gsk_", _alnum(30, 80)),
    Form("pplx-", _alnum(30, 70)),
    Form("r8_", _alnum(30, 50)),
    Form("xai-", _alnum(40, 120)),
    Form("nvapi-", _word(40, 100)),
    Form("tvly-", _word(20, 60)),
    Form("lsv2_", "(?:pt|sk)_[A-Za-z0-9_]{30,60}"),
    Form("ls__", _hex(32, 40)),
    Form("pcsk_", "[A-Za-z0-9_]{30,100}"),
    Form("fw_ fpk_", _alnum(20, 40)),
    Form("csk-", "[a-z0-9]{40,60}"),
    Form("tgp_v1_", _word(40, 60)),
    Form("llx-", _alnum(40, 60)),
    Form("pa- al-", _word(40, 50)),  # Voyage
    Form("jina_", _word(56, 70)),
    Form("sk_ sk_car_", _alnum(32, 64)),  # ElevenLabs, Cartesia
    Form("e2b_ sk_e2b_", _hex(36, 64)),
    Form("fc-", _hex(32, 40)),
    Form("dtn_", _hex(60, 70)),
    Form("bb_live_ bb_test_", _word(24, 50)),
    Form("apify_api_", _alnum(30, 50)),
    Form("BSA", _word(27, 30)),
    Form("m0-", _alnum(38, 44)),
    Form("nk-", _word(40, 50)),
    Form("rpa_", "[A-Z0-9]{38,60}"),
    Form("ak- as-", "(?=[A-Za-z]*[0-9])(?=[a-z0-9]*[A-Z])[A-Za-z0-9]{22}"),  # Modal
    Form("hl_sk_", _alnum(30, 80)),
    Form("pylf_v", r"\d_(?:[a-z]{2}_)?" + _alnum(30, 60)),
    Form("wandb_v1_", _word(30, 120)),
    Form("KGAT_", _hex(30, 40)),
    Form("AstraCS:", "[A-Za-z]{20,26}:" + _hex(60, 66)),
    Form("eyJhcGlfYWRkcmVzcyI6", _base64(40, 400)),  # Neptune
    Form("phx_ phc_ phs_ pha_ phr_", _word(32, 60)),
)
_CLOUDS = (
    Form("AKIA ASIA ABIA ACCA APKA ASCA", "[A-Z0-9]{16}"),
    Form("A3T", "[A-Z0-9]{17}"),
    Form("ABSK", _base64(60, 280)),
    Form("bedrock-api-key-", _base64(40, 8000)),
    Form("IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz", "[A-Za-z0-9+/%]{80,4000}={0,2}"),  # AWS, temporary
    Form("amzn.mws.", _UUID),
    Form("amzn1.oa2-cs.v1.", _hex(60, 70)),
    Form("Atza| Atzr|", _word(80, 2000)),
    Form("AIza", _word(30, 40)),
    Form("AQ.Ab8", _word(40, 120)),
    Form("ya29.", _dotted(20, 1500)),
    Form("GOCSPX-", _word(20, 40)),
    Form("1//0", _word(30, 200)),
    Form("GOOG1E", "[A-Z0-9]{50,60}"),
    Form("LTAI", _alnum(12, 24)),
    Form("AKID", _alnum(32, 44)),  # Tencent
    Form("AKLT", _alnum(30, 60)),  # Volcengine
    Form("bce-v3/ALTAK-", "[A-Za-z0-9]{16,30}/" + _hex(40, 40)),
    Form("AQVN", _word(35, 40)),  # Yandex
    Form("y0_", _word(50, 70)),
    Form("t1.", "[A-Za-z0-9_-]{10,400}={0,2}\\.[A-Za-z0-9_-]{80,90}={0,2}"),
    Form("dop_v1_ doo_v1_ dor_v1_", _hex(40, 80)),
    Form("SCW", "[A-Z0-9]{17}"),
    Form("HRKU-", _word(36, 70)),
    Form("fo1_", _word(40, 50)),
    Form("fm1r_ fm1a_ fm2_", _base64(80, 4000)),
    Form("rnd_", _alnum(28, 40)),
    Form("nfp_ nfc_ nfo_ nfu_ nfb_ nfr_", _alnum(36, 60)),
    Form("vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_", _word(24, 100)),
    Form("cfut_ cfat_ cfk_", _alnum(36, 60)),
    Form("v1.0-", _hex(24, 24) + "-" + _hex(140, 150)),  # Cloudflare, origin
    Form("tskey-", "(?:[a-z]{3,10}-)?" + _word(16, 80)),
    Form("dapi dkea dosp dose", _hex(32, 32) + r"(?:-\d{1,2})?"),
)
_CODE = (
    Form("ghp_ gho_ ghu_ ghs_ ghr_", _alnum(30, 255)),
    Form("ghp_ gho_ ghu_ ghs_ ghr_", "[A-Za-z0-9]{1,20}_" + _dotted(40, 2000)),
    Form("github_pat_", "[A-Za-z0-9_]{30,255}"),
    Form(
        "glpat- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- gloas- glsoat- glffct- glwt-",
        _dotted(18, 1000),
    ),
    Form("GR1348941", _word(18, 40)),
    Form("npm_", _alnum(30, 50)),
    Form("pypi-", _word(32, 1000)),
    Form("rubygems_", _hex(40, 60)),
    Form("cio", "(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32}"),
    Form("oy2", "[a-z0-9]{43}"),  # NuGet
    Form("CLOJARS_", _hex(60, 60)),
    Form("AKCp", _alnum(60, 80)),  # Artifactory
    Form("cmVmdGtu", _alnum(50, 60)),
    Form("dckr_pat_ dckr_oat_", _word(24, 60)),
    Form("ATATT3 ATCTT3", "[A-Za-z0-9_=-]{60,300}"),
    Form("ATBB", _alnum(24, 40)),
    Form("ATTA", _hex(60, 72)),
    Form("CCIPAT_ CCIPRJ_", "[A-Za-z0-9]{18,26}_" + _hex(40, 40)),
    Form("bkua_", _hex(36, 44)),
    Form("sgp_", "(?:(?:[0-9a-f]{16}|local)_)?" + _hex(40, 40)),
    Form("squ_ sqp_ sqa_", _hex(40, 40)),
    Form("pul-", _hex(38, 44)),
    Form("pnu_ pnb_", _alnum(32, 44)),
    Form("dp.", "(?:pt|st|ct|sa|said|scim|audit)\\.(?:[a-z0-9_-]{2,40}\\.)?" + _alnum(38, 48)),
    Form("pscale_", "[a-z]{2,8}_[A-Za-z0-9_.=-]{30,64}"),
    Form("sbp_", "(?:[a-z0-9]{2,6}_)?" + _hex(36, 44)),
    Form("sb_secret_", _word(20, 60)),
    Form("napi_", "[a-z0-9]{50,80}"),
    Form("mdb_sa_sk_", _word(36, 60)),
    Form("xau_", _alnum(36, 60)),
    Form("fig", "(?:[dou]|dr|oh|or|uh|ur)_[A-Za-z0-9_-]{36,60}"),
    Form("PMAK-", _hex(24, 24) + "-" + _hex(34, 34)),
    Form("hvs. hvb. hvr.", _word(20, 400)),
    Form("glsa_", "[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),
    Form("glc_", _base64(32, 400)),
    Form("eyJrIjoi", _base64(50, 400)),  # Grafana
    Form("sntrys_ sntryu_ sntrya_ sntryi_", "[A-Za-z0-9+/=_]{40,300}"),
    Form("NRAK- NRII- NRJS- NRRA- NRIQ-", _word(18, 42)),
    Form("dt0", r"[a-z]\d\d\.[A-Z0-9]{20,26}\.[A-Z0-9]{60,66}"),
    Form("sha256~", _word(40, 46)),  # OpenShift
    Form("dnkey-", _word(60, 90)),
    Form("ico-", "(?=[A-Za-z]*[0-9])[A-Za-z0-9]{32}"),
    Form("API-", "[A-Z0-9]{26}"),  # Octopus
    Form("pat. sat.", "[A-Za-z0-9_-]{22}\\.[A-Za-z0-9]{24}\\.[A-Za-z0-9]{20}"),  # Harness
    Form("tk-us-", _word(40, 60)),
    Form("rdme_", "[a-z0-9]{60,80}"),
    Form("ops_eyJ", "[A-Za-z0-9+/_-]{80,4000}={0,3}"),
    Form("A3-", "[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})(?:-[A-Z0-9]{5}){3}"),
    Form("b3BlbnNzaC1rZXkt", _base64(40, 8000)),  # OpenSSH, without the lines around it
    Form("AGE-SECRET-KEY-1 AGE-PLUGIN-", "[A-Z0-9-]{40,300}"),
)
_SERVICES = (
    Form("xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs- xoxc-", _word(12, 250)),
    Form("xoxd-", "[A-Za-z0-9%+/_-]{40,400}"),
    Form("xoxe.", "xox[bp]-" + _word(12, 250)),
    Form("xapp-", r"\d-" + _word(10, 200)),
    Form("sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_", _alnum(10, 250)),
    Form("whsec_", _base64(20, 100)),
    Form("SK", _hex(32, 32)),
    Form("SG.", "[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}"),
    Form("xkeysib- xsmtpsib-", _hex(60, 66) + "-" + _alnum(14, 20)),
    Form("key-", _hex(32, 32)),
    Form("md-", "(?=[A-Za-z_-]*[0-9])(?=[a-z0-9_-]*[A-Z])[A-Za-z0-9_-]{22}"),
    Form("re_", "[A-Za-z0-9]{8}_[A-Za-z0-9]{20,30}"),
    Form("shpat_ shpca_ shppa_ shpss_", "[0-9a-fA-F]{32}"),
    Form("sq0atp- sq0csp-", _word(20, 60)),
    Form("shippo_live_ shippo_test_", _hex(36, 44)),
    Form("EZAK EZTK", _alnum(50, 60)),
    Form("duffel_live_ duffel_test_", "[A-Za-z0-9_=-]{40,60}"),
    Form("access-sandbox- access-development- access-production-", _UUID),
    Form("FLWSECK-", "[0-9a-f]{30,50}(?:-[0-9a-z]{5,12})?-X"),
    Form("FLWSECK_TEST-", "(?:[0-9a-z]{32}-X|[0-9a-z]{12})"),
    Form("rzp_live_ rzp_test_", _alnum(14, 24)),
    Form("access_token$", "(?:production|sandbox)\\$[0-9a-z]{16}\\$" + _hex(32, 32)),
    Form("EAA", _word(58, 300)),  # Facebook, Square
    Form("IGQ", _word(80, 300)),
    Form("lin_api_ lin_oauth_", _alnum(30, 70)),
    Form("ntn_ secret_", _alnum(40, 60)),
    Form("pat", "[A-Za-z0-9]{14}\\.[0-9a-f]{64}"),  # Airtable
    Form("pat-na1- pat-eu1- pat-na2- pat-ap1-", _UUID),
    Form("tfp_", _dotted(40, 70)),
    Form("sl.u. sl.", _word(60, 2000)),  # Dropbox
    Form("CFPAT-", _word(40, 50)),
    Form("p8e-", _alnum(32, 34)),
    Form("fio-u-", _word(60, 70)),
    Form("sm_aat_ sm_pat_ sm_sat_", _alnum(16, 20)),
    Form("s-s4t2ud- s-s4t2af-", _hex(60, 66)),
    Form("mfa.", _word(80, 90)),  # Discord
    Form("oauth:", "[a-z0-9]{30}"),  # Twitch
    Form("vk1.a.", _word(60, 300)),
    Form("pdl_live_ pdl_sdbx_", _word(30, 80)),
    Form("tr_dev_ tr_prod_ tr_stg_ tr_pat_ tr_preview_", _alnum(20, 50)),
    Form("sk.eyJ pk.eyJ tk.eyJ", "[A-Za-z0-9_-]{20,400}\\.[A-Za-z0-9_-]{16,40}"),  # Mapbox
    Form("AAAAAAAAAAAAAAAAAAAA", "A{1,3}[A-Za-z0-9%]{60,110}"),  # Twitter
)
FORMS = (*_MODELS, *_CLOUDS, *_CODE, *_SERVICES)
