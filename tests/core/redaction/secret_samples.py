"""Made-up secrets for the redaction tests, none valid anywhere; random parts come from a fixed seed."""

from __future__ import annotations

import random
import string
from dataclasses import dataclass

_random = random.Random(20)
_ALNUM = string.ascii_letters + string.digits


def made_up(length: int, alphabet: str = _ALNUM) -> str:
    """A random word with a digit, an upper and a lower case letter where the alphabet has them."""
    head = "".join(kind for kind in ("7", "Q", "k") if kind in alphabet)[:length]
    return head + "".join(_random.choice(alphabet) for _ in range(length - len(head)))


_HEX = "0123456789abcdef"
_BASE64 = _ALNUM + "+/"
_PEM = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "\n".join(made_up(64, _BASE64) for _ in range(6))
    + "\n-----END RSA PRIVATE KEY-----"
)
_JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI{made_up(30)}.{made_up(43)}"

# Recognisable anywhere, whatever stands around them.
PLAIN = [
    f"sk-{made_up(48)}",
    f"sk-proj-{made_up(60)}",
    f"sk-ant-api03-{made_up(90)}",
    f"sk-or-v1-{made_up(64, _HEX)}",
    "AKIA" + made_up(16, string.ascii_uppercase + "234567"),
    "ASIA" + made_up(16, string.ascii_uppercase + "234567"),
    *(f"gh{kind}_{made_up(36)}" for kind in "pousr"),
    f"github_pat_{made_up(22)}_{made_up(59)}",
    f"glpat-{made_up(20)}",
    f"xoxb-123456789012-123456789012-{made_up(24)}",
    f"xoxp-123456789012-123456789012-123456789012-{made_up(32, _HEX)}",
    "AIza" + made_up(35),
    f"ya29.{made_up(60)}",
    f"GOCSPX-{made_up(28)}",
    f"hf_{made_up(34)}",
    f"sk_live_{made_up(24)}",
    f"rk_live_{made_up(24)}",
    "SK" + made_up(32, _HEX),
    f"SG.{made_up(22)}.{made_up(43)}",
    f"npm_{made_up(36)}",
    f"pypi-AgEIcHlwaS5vcmc{made_up(80)}",
    "dapi" + made_up(32, _HEX),
    f"123456789:AA{made_up(33)}",
    f"M{made_up(23)}.{made_up(6)}.{made_up(27)}",
    _JWT,
    _PEM,
    f"gsk_{made_up(52)}",
    f"pplx-{made_up(48)}",
    f"lsv2_pt_{made_up(32, _HEX)}_{made_up(10, _HEX)}",
    f"r8_{made_up(37)}",
    f"dop_v1_{made_up(64, _HEX)}",
    f"hvs.{made_up(90)}",
]


@dataclass(frozen=True)
class Named:
    """A secret that only its surroundings give away: a piece of source, and the secret in it."""

    source: str
    secret: str


def _named(template: str, secret: str) -> Named:
    return Named(template.replace("@@", secret), secret)


NAMED = [
    _named('password = "@@"', "hunter2"),
    _named("db_password: str = '@@'", "correct horse battery staple"),
    _named('DB_PASSWD = r"@@"', "p@ss\\w0rd!"),
    _named('os.environ["MISTRAL_API_KEY"] = "@@"', made_up(32)),
    _named("os.environ.setdefault('COHERE_API_KEY', '@@')", made_up(40)),
    _named('key = os.getenv("WEATHER_API_KEY", "@@")', made_up(32, _HEX)),
    _named('config = {"user": "bob", "password": "@@"}', "Tr0ub4dor&3"),
    _named("config = {'client_secret': '@@', 'scope': 'all'}", made_up(30)),
    _named('conn = connect(host="db", user="bob", password="@@")', "s3cr3t-pw"),
    _named('conn = psycopg2.connect("host=db user=bob password=@@ dbname=x")', "s3cr3tpw"),
    _named('engine = create_engine("postgresql://bob:@@@db.example.com:5432/sales")', "pa55w0rd"),
    _named('client = MongoClient("mongodb+srv://admin:@@@cluster0.mongodb.net/test")', "Zx9!kq"),
    _named('redis_url = f"redis://:@@@{host}:6379/0"', "r3d1sSecret"),
    _named('requests.get(url, auth=("bob", "@@"))', "opensesame"),
    _named('auth = HTTPBasicAuth("bob", "@@")', "swordfish99"),
    _named('server.login("bob@example.com", "@@")', "qwerasdf"),
    _named('headers = {"Authorization": "Bearer @@"}', made_up(40)),
    _named('headers["Authorization"] = "Basic @@"', "Ym9iOmh1bnRlcjI="),
    _named('headers = {"X-API-Key": "@@"}', made_up(32)),
    _named("!curl -u bob:@@ https://example.com/", "hunter22"),
    _named("!export SERVICE_TOKEN=@@", made_up(30)),
    _named("%env SECRET_KEY=@@", made_up(24)),
    _named("%env WANDB_API_KEY @@".replace(" @@", "=@@"), made_up(40, _HEX)),
    _named("!mysql -u root -p@@ shop", "rootpw77"),
    _named("!psql --password @@ -U bob", "longpassphrase1"),
    _named("!tool --api-key=@@", made_up(20)),
    _named("%%bash\nexport API_TOKEN='@@'\nrun", made_up(28)),
    _named("%%writefile .env\nDB_PASSWORD=@@\nDEBUG=1", "env-file-pass"),
    _named("%%writefile config.yml\ndatabase:\n  password: @@\n", "yamlpass"),
    _named("[db]\nuser = bob\npassword = @@\n", "inisecret"),
    _named('aws_secret_access_key = "@@"', made_up(40, _BASE64)),
    _named(f'boto3.client("s3", "{PLAIN[4]}", "@@")', made_up(40, _BASE64)),
    _named(
        'cs = "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@@;EndpointSuffix=core.windows.net"',
        made_up(86, _BASE64) + "==",
    ),
    _named('sas = "https://x.blob.core.windows.net/c?sv=2022&sig=@@"', made_up(40) + "%3D"),
    _named('odbc = "Driver={SQL Server};Server=x;Uid=bob;Pwd=@@;"', "odbcPass1"),
    _named('hook = "https://hooks.slack.com/@@"', f"services/T{made_up(8)}/B{made_up(8)}/{made_up(24)}"),
    _named('hook = "https://discord.com/api/webhooks/@@"', f"123456789012345678/{made_up(68)}"),
    _named('TWITTER_ACCESS_TOKEN_SECRET = "@@"', made_up(45)),
    _named('account_sid, auth_token = "AC1", None\nauth_token = "@@"', made_up(32, _HEX)),
    _named('openai.api_key = "@@"', made_up(32)),
    _named("client = Client(apiKey='@@')", made_up(24)),
    _named('login(token="@@")', made_up(30)),
    _named(
        'spark.conf.set("fs.azure.account.key", "@@")'.replace("account.key", "account_key"),
        made_up(60, _BASE64),
    ),
    _named('df.write.option("password", "@@").save()', "sparkPw!"),
    _named('password = (\n    "@@"\n)', "inBrackets1"),
    _named('password = """@@"""', "triple-quoted"),
    _named('payload = \'{"username": "bob", "password": "@@"}\'', "jsonpass"),
    _named('payload = "{\\"password\\": \\"@@\\"}"', "escapedjson"),
    _named('API_KEYS = ["@@", "other-thing"]', made_up(24)),
    _named('if password == "@@": pass', "comparedPw"),
    _named('def connect(user, password="@@"): ...', "defaultPw1"),
    _named('url = "https://api.example.com/v1?api_key=@@&q=x"', made_up(24)),
    _named('sentry_sdk.init(dsn="https://@@@o1.ingest.sentry.io/2")', made_up(32, _HEX)),
    _named('smtp_pass = "@@"', "mailpw"),
    _named('mongo = {"pwd": "@@"}', "mongopw"),
    _named("passphrase: '@@'", "open the door now"),
    _named('encryption_key = b"@@"', made_up(43) + "="),
    _named('{"type": "service_account", "private_key": "@@"}', _PEM.replace("\n", "\\n")),
    _named('slack_token = "@@"', made_up(20)),
    _named('KAGGLE_KEY="@@"', made_up(32, _HEX)),
    _named('user, password = "bob", "@@"', "tuplePw1"),
    _named('df = pd.DataFrame({"user": ["bob"], "password": ["@@"]})', "columnPw1"),
    _named('API_KEYS = {"openai": "@@"}', made_up(24)),
    _named('parser.set("db", "password", "@@")', "configPw1"),
    _named('password = SecretStr("@@")', "wrappedPw1"),
    _named('engine = create_engine("mysql+pymysql://bob:@@@db/shop")', "sla/sh@pw1"),
    _named('ftp = FTP("ftp.example.com", "bob", "@@")', "ftpPass1"),
    _named("!docker login -u bob -p @@ registry.example.com", "dockerPw1"),
    _named("%sql CREATE USER bob IDENTIFIED BY '@@'", "sqlPass1"),
    _named('xml = "<server><password>@@</password></server>"', "xmlPass1"),
    _named("netrc = 'machine x.org login bob password @@'", made_up(20)),
    _named("# the password is @@", "spoken4you"),
    _named('cookies = {"sessionid": "@@"}', made_up(32)),
    _named('headers = {"Cookie": "sid=@@; theme=dark"}', made_up(26)),
    _named('url = "https://api.openweathermap.org/data/2.5/weather?q=Lyon&appid=@@"', made_up(32, _HEX)),
    _named('ts = TimeSeries(key="@@")', made_up(16, string.ascii_uppercase + string.digits)),
    _named('f = Fernet(b"@@")', made_up(43) + "="),
]

# None of these is a secret.
HARMLESS = [
    'frame[["user", "password"]].merge(other[["mail2", "phone12"]])',
    'columns = ["user", "password"]\nframe[["region1", "revenue2024"]]',
    'frame[["user", "password"]].head()\npairs = [("resnet50", "alexnet2")]',
    'columns=["user", "password"]\nframe.astype(["int64", "float64"])',
    'pa.schema(["user", "password"])\nhashes = ("sha256", "sha512")',
    'pl.DataFrame([["ada", "bob"], ["resnet50", "alexnet2"]], schema=["user", "model"])',
    '<string name="password">Kennwort</string><string name="token">Zeichen</string>',
    '<entry key="password"></entry><name>password</name><type>string</type>',
    'features = ["n_tokens", "token"]\npairs = [["model_v2", "feature_12"]]',
    'pd.DataFrame([[1, 2], [3, 4]], columns=["max_tokens", "token"])',
    'pd.DataFrame([["ann", "as before"]], columns=["user", "password"])',
    '{"name": "password", "type": "string", "required": true}',
    '{"name": "password", "value": ""}',
    "- name: password\n  value: ${DB_PASSWORD}",
    "INSERT INTO users (name, password) VALUES (?, ?)",
    "The key is 5f4dcc3b5aa765d61d8327deb882cf99, the digest of the file.",
    "key: data/2024/01/export_2024_01_31_full.parquet",
    "Key: customer_id_2024_region_north",
    'user, password = load("settings_v2.json")',
    "key, value = 'column_1', 'value_22'",
    'keys = {"a1": "b2345678", "c3": "d4567890"}',
    "parser.set('db', 'timeout', '30seconds1')",
    "the password is required; it must have 8 characters",
    "!docker run -p 5432:5432 postgres16",
    "!python -u script.py:main",
    "<password>********</password>",
    "https://github.com/a/b/blob/3f2a9c1b/file.py@v1",
    "https://api.example.com/v1?key=value&page_token=3",
    'commit = "3f786850e387550fdab836ed7e6dc881de23001b"',
    'digest = "d41d8cd98f00b204e9800998ecf8427e"',
    "sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
    'run_id = "550e8400-e29b-41d4-a716-446655440000"',
    'key = "d41d8cd98f00b204e9800998ecf8427e"',
    'color = "#ff00aa"',
    "token = tokenizer(text)",
    "tokens = 'hello world'.split()",
    "TOKENS = ['BertForTokenClassification2', 'WordPieceTokenizerV2']",
    'token = "hello"',
    "for token in doc: print(token.text)",
    "max_tokens=100",
    "tokenizer.pad_token = '[PAD]'",
    "eos_token = '<|endoftext|>'",
    "pad_token='<pad>', unk_token='<unk>'",
    "password = getpass.getpass('Password: ')",
    'password = os.getenv("DB_PASSWORD")',
    'api_key = os.environ["OPENAI_API_KEY"]',
    'api_key = "your-api-key"',
    'api_key = "YOUR_API_KEY"',
    'api_key = "<token>"',
    'api_key = "sk-..."',
    'password = "xxx"',
    'password = "changeme"',
    'password = ""',
    "password = None",
    'secret = "********"',
    'token = "token"',
    'df["password_length"] = df["password"].str.len()',
    'df[["password", "username"]]',
    "X = df.drop(columns=['password', 'token', 'secret'])",
    "password_length: int64, 3 null",
    "  'password': object (str), 3 null",
    "def login(user, password): ...",
    "def login(user: str, password: str, token: Optional[str] = None): ...",
    'url = "https://example.com/a:b/c@d"',
    'url = "https://user:{password}@host/"',
    'f"postgresql://{user}:{password}@{host}/{db}"',
    'conn_str = "sqlite:///data.db"',
    'password = f"{prefix}"',
    "auth = (user, password)",
    'auth="basic"',
    "credentials = 'service-account.json'",
    "token_file = '/home/bob/token.txt'",
    'private_key = "~/.ssh/id_rsa"',
    "secret_santa = ['bob', 'eve']",
    "key = lambda row: row.name",
    "sort_values(key=str.lower)",
    "pwd = '/data/run'",
    "<script src='x.js' integrity='sha384-oqVuAfXRKap7fdgcCY5uykM6R9GqQ8K'>",
    "bypass = 'abcdefgh1'",
    "author = 'Bob9 Smith'",
    "keyboard = 'qwerty123'",
    "password must be at least 8 characters",
    "Token indices sequence length is longer than 512",
    "Basic authentication is not supported",
    "task-based-parallelism-2024 and risk-adjusted-returns-2023",
    "monkey_patch_123456 = True",
]
