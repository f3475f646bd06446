"""Judges whether a name says "secret": `db_password`, `OPENAI_API_KEY`, `clé_api`, but not `max_tokens`.

Knows the words of a dozen languages, with and without accents. The vocabulary was drawn up after looking at
what detect-secrets and gitleaks know; the rules are our own.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from .lazy_pattern import LazyPattern
from .secret_search import words

# What a name says about its value.
PASSWORD = "password"  # any text can be one
KEY = "key"  # one word, not a plain word of a language
TOKEN = "token"  # also an everyday word of language models: the value must look random
CONNECTION = "connection"  # counts when the value carries a credential

_WORDS = LazyPattern(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
# Letters that are no accented ones to Unicode.
_LETTERS = {"ß": "s", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"}
_ACCENTED = LazyPattern("[\u00c0-\u024f\u1e00-\u1eff]")
_CODES = (*range(0xC0, 0x250), *range(0x1E00, 0x1F00))

# Parts of a name are joined by "_" before they are looked up: a phrase is an entry like any other.
PASSWORD_WORDS = r"""
    password passwd passwort paswort passphrase passcode pwd pass psw pswd pw pword passw \w+password
    \w+passwd \w+passwort \w+passphrase \w+pwd
    (?:db|sql|my|mysql|pg|root|user|usr|admin|ftp|ssh|smtp|mail|web|wifi|login|zip|key|sys)pw
    (?!(?:by|get|com|encom|tres|over|under|low|high|band|sur|all|multi|one|two|single|im|path)pass$)\w+pass
    mots?_de_passe mots?_passe motsdepasse motdepasse mdp phrase_de_passe phrase_secrete code_secret
    contrasena contrasenya contrasenia contrasinal frase_de_contrasena palabra_secreta senha palavra_passe
    palavra_secreta parola_d_ordine parola_di_accesso parola_segreta frase_segreta kennwort \w+kennwort
    geheimwort losungswort zugangscode geheimcode wachtwoord \w+wachtwoord toegangscode wachtwoordzin
    losenord passord \w+passord adgangskode kodeord salasana haslo heslo jelszo sifre parool \w*пароль \w*密码
    \w*密碼 \w*口令 \w*パスワード \w*비밀번호 \w*סיסמה \w*المرور
"""
# After these a "pass" is no password.
_OTHER_PASSES = r"""
    first second third last next one two single multi forward backward low high band all fast slow full dry
    final initial each per fwd bwd
"""
KEY_WORDS = r"""
    secret \w*(?:client|api|app|consumer|shared|auth|access|token|bot)secret psk pre_shared_key
    \w*(?:api|secret|access|private|auth|account|license|encryption)key
    \w*(?:auth|access|bearer|api|refresh|session|security|bot)token \w+_salt \w+_pepper secreto segredo
    segreto geheimnis geheim
    \w*(?:api|geheim|zugangs|zugriffs|haupt|privat|verschlusselungs|verschluesselungs|lizenz)schl(?:u|ue)ssel
    (?:geheimer|privater)_schl(?:u|ue)ssel \w*(?:api|toegangs|encryptie|licentie)sleutel
    (?:geheime|prive)_sleutel \w*(?:zugriffs|zugangs|toegangs|sicherheits)token api_ключ \w*密钥 \w*密鑰 \w*秘密鍵
    api_キー
"""
TOKEN_WORDS = r"""
    token auth authorization credential credentials creds bearer jwt salt jeton
    (?<!palabra_)(?<!palabras_)clave parola identifiants credenciales credenciais credenziali anmeldedaten
    zugangsdaten inloggegevens token_di_accesso token_de_acceso token_de_acesso \w*токен \w*令牌 \w*トークン \w*토큰
"""
# Those who give out keys; they stand before a "key" or "token", or behind it.
VENDORS = r"""
    openai anthropic mistral cohere wandb kaggle huggingface hf azure aws gcp google gemini groq together
    replicate pinecone serpapi serper tavily langsmith langchain langfuse newsapi weather openweather
    openweathermap owm quandl alphavantage finnhub tiingo twitter stripe twilio sendgrid mailgun mailchimp
    datadog sentry comet neptune fred elevenlabs voyage jina deepgram assemblyai cerebras fireworks nvidia
    deepseek dashscope zhipu moonshot perplexity xai openrouter ollama github gh gitlab slack telegram
    discord notion airtable supabase firebase cloudflare heroku digitalocean algolia qdrant weaviate zilliz
    clarifai roboflow unsplash pexels tmdb omdb nasa binance coinbase kraken alpaca yelp spotify lastfm
    youtube bing exa firecrawl runpod hubspot salesforce zendesk jira trello asana figma docker doppler
    pulumi snyk grafana pagerduty posthog okta mapbox tomtom opencage ipinfo shodan virustotal databricks
    dbx npm pypi dropbox influx influxdb snowflake planetscale codestral devstral paypal shopify ngrok apify
    scrapingbee gnews steam census rapidapi wolfram
"""
BEFORE_KEY = r"""
    api access secret private auth account master signing sign encryption decryption service client shared
    subscription storage license licence app application db database consumer admin session webhook deploy
    project user jwt hmac aes fernet dd function functions maps polygon vantage
"""
BEFORE_TOKEN = r"""
    api auth access bearer bot refresh hub jwt oauth session id security user personal private admin service
    secret app client device vault line push csrf xsrf sas bearer acces
"""
# In languages that put what kind of key it is behind the word.
KEYS_FIRST = r"cle clef clave chave chiave llave jeton ключ"
AFTER_KEY = r"""
    api secrete secreta segreta secret privee privada privata acces acceso acesso accesso chiffrement
    cifrado criptografia cifratura signature firma maitre maestra mestra licence licencia licenca licenza
    service servicio servico servizio compte cuenta conta application aplicacion authentification
    autenticacion autenticacao autenticazione session sesion sessao sessione
"""
_PARTICLES = r"""
    d de du des del della di da do dos la le les l el a of for the to pour para per por voor van fur von vom
    der
"""
# A name goes on with one of these and still holds the secret itself.
NEUTRAL = r"""
    \d+ prod production dev development staging test testing live old new value val string str text txt
    default main backup primary secondary base raw plain plaintext confirm confirmation again local remote
    real b encoded bytes current temp tmp v
"""
# What it opens; behind a password it changes nothing.
OPENED = r"""
    db bdd bd бд database datos dados dati banco sql mysql postgres postgresql pg oracle mongo mongodb redis
    mariadb admin root user utilisateur usuario utente benutzer gebruiker smtp imap mail email ftp sftp ssh
    ldap wifi wlan vpn proxy server serveur servidor web site compte cuenta conta konto app api
"""
_PUBLIC = frozenset(words("public publique publica pubblica publishable offentlich offentlicher openbare"))


def _any_of(*vocabularies: str) -> str:
    return "(?:" + "|".join(word for vocabulary in vocabularies for word in words(vocabulary)) + ")"


_BEHIND = LazyPattern(_any_of(NEUTRAL, OPENED, VENDORS, _PARTICLES))
_PASSWORD = LazyPattern(r"(?:.*_)?" + _any_of(PASSWORD_WORDS))
_OTHER_PASS = LazyPattern(r"(?:.*_)?" + _any_of(_OTHER_PASSES) + "_pass")
_KEYS_IN_OTHER_LANGUAGES = r"(?:key|cle|clef|clave|chave|chiave|llave|schlussel|schluessel|sleutel)"
_KEY = LazyPattern(
    rf"(?:.*_)?(?:{_any_of(KEY_WORDS)}|{_any_of(VENDORS, BEFORE_KEY)}_{_KEYS_IN_OTHER_LANGUAGES}"
    rf"|{_any_of(VENDORS, BEFORE_TOKEN)}_(?:token|jeton))"
)
_TOKEN = LazyPattern(r"(?:.*_)?" + _any_of(TOKEN_WORDS))
_KEY_FIRST = LazyPattern(
    rf"(?:.*_)?(?:{_any_of(KEYS_FIRST)}(?:_{_any_of(_PARTICLES)})*_{_any_of(AFTER_KEY, VENDORS)}"
    rf"|(?:key|token|secret)_{_any_of(VENDORS)})(?:_{_any_of(_PARTICLES, AFTER_KEY, NEUTRAL, OPENED, VENDORS)})*"
)


@lru_cache(maxsize=4096)
def what_name_says(name: str) -> str:
    """PASSWORD, KEY, TOKEN or CONNECTION when a value bound to `name` should be hidden, else "".

    `name` can be an identifier in any style, or words with blanks between them as a program prints them.
    """
    parts = [part.lower() for part in _WORDS.findall(without_accents(name))]
    if _is_connection(parts):
        return CONNECTION
    if not parts or not _PUBLIC.isdisjoint(parts):
        return ""
    if _KEY_FIRST.fullmatch("_".join(parts)):
        return KEY
    while len(parts) > 1 and _BEHIND.fullmatch(parts[-1]):
        parts.pop()
    said = _says("_".join(parts))
    if not said and len(parts) > 2:  # `openAIKey`, `gitHubToken`: cut in mid-name
        said = _says(f"{parts[-3]}{parts[-2]}_{parts[-1]}")
    return said


def without_accents(text: str) -> str:
    """`text` with a plain letter for each accented one, so of the same length: `contrasena` for `contraseña`."""
    if text.isascii() or not _ACCENTED.search(text):
        return text
    return text.translate(_plain_letters())


@lru_cache(maxsize=1)
def _plain_letters() -> dict[int, str]:
    decomposed = {code: unicodedata.normalize("NFKD", chr(code))[0] for code in _CODES}
    plain = {code: letter for code, letter in decomposed.items() if letter.isascii()}
    return plain | {ord(letter): plain_letter for letter, plain_letter in _LETTERS.items()}


def _says(joined: str) -> str:
    if _PASSWORD.fullmatch(joined):
        return "" if _OTHER_PASS.fullmatch(joined) else PASSWORD
    if _KEY.fullmatch(joined):
        return KEY
    return TOKEN if _TOKEN.fullmatch(joined) else ""


def _is_connection(parts: list[str]) -> bool:
    """`dsn`, `conn`, `connection`, `conn_str`, `CONNECTION_STRING`."""
    if not parts:
        return False
    if parts[-1] in ("dsn", "conn", "connection", "connstr", "connstring", "connectionstring"):
        return True
    return len(parts) > 1 and parts[-2].startswith("conn") and parts[-1] in ("string", "str", "url", "uri")
