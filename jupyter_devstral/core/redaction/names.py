"""Judges whether a name says "secret": `db_password`, `OPENAI_API_KEY`, `clé_api`, but not `max_tokens`.

Knows the words of a dozen languages, with and without accents. The vocabulary was drawn up after looking at
what detect-secrets and gitleaks know; the rules are our own.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from ..text.lazy_pattern import LazyPattern
from .search import words

# What a name says about its value.
PASSWORD = "password"  # any text can be one
KEY = "key"  # one word, not a plain word of a language
TOKEN = "token"  # also an everyday word of language models: the value must look random
CONNECTION = "connection"  # counts when the value carries a credential
CODE = "code"  # a number of a few digits

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
    contrasena contrasenya contrasenia contrasinal frase_de_contrasena palabra_secreta senha
    palavra_passe palavra_secreta parola_d_ordine parola_di_accesso parola_segreta frase_segreta
    kennwort \w+kennwort geheimwort losungswort zugangscode geheimcode wachtwoord \w+wachtwoord
    toegangscode wachtwoordzin losenord passord \w+passord adgangskode kodeord salasana haslo heslo
    jelszo sifre parool \w*пароль \w*密码 \w*密碼 \w*口令 \w*パスワード \w*비밀번호 \w*סיסמה \w*المرور
"""
# After these a "pass" is no password.
_OTHER_PASSES = r"""
    first second third last next one two single multi forward backward low high band all fast slow
    full dry final initial each per fwd bwd
"""
KEY_WORDS = r"""
    secret \w*(?:client|api|app|consumer|shared|auth|access|token|bot)secret psk pre_shared_key
    \w*(?:api|secret|access|private|auth|account|license|encryption)key
    \w*(?:auth|access|bearer|api|refresh|session|security|bot)token \w+_salt \w+_pepper secreto
    segredo segreto geheimnis geheim
    \w*(?:api|geheim|zugangs|zugriffs|haupt|privat|verschlusselungs|verschluesselungs|lizenz)schl(?:u|ue)ssel
    (?:geheimer|privater)_schl(?:u|ue)ssel \w*(?:api|toegangs|encryptie|licentie)sleutel
    (?:geheime|prive)_sleutel \w*(?:zugriffs|zugangs|toegangs|sicherheits)token api_ключ \w*密钥 \w*密鑰
    \w*秘密鍵 api_キー
"""
TOKEN_WORDS = r"""
    token auth authorization credential credentials creds bearer jwt salt jeton
    (?<!palabra_)(?<!palabras_)clave parola identifiants credenciales credenciais credenziali
    anmeldedaten zugangsdaten inloggegevens token_di_accesso token_de_acceso token_de_acesso \w*токен
    \w*令牌 \w*トークン \w*토큰
"""
CODE_WORDS = r"""
    pin pin_code puk cvv cvc codigo_pin code_pin
"""
# Those who give out keys; they stand before a "key" or "token", or behind it.
VENDORS = r"""
    openai anthropic mistral cohere wandb kaggle huggingface hf azure aws gcp google gemini groq
    together replicate pinecone serpapi serper tavily langsmith langchain langfuse newsapi weather
    openweather openweathermap owm quandl alphavantage finnhub tiingo twitter stripe twilio sendgrid
    mailgun mailchimp datadog sentry comet neptune fred elevenlabs voyage jina deepgram assemblyai
    cerebras fireworks nvidia deepseek dashscope zhipu moonshot perplexity xai openrouter ollama
    github gh gitlab slack telegram discord notion airtable supabase firebase cloudflare heroku
    digitalocean algolia qdrant weaviate zilliz clarifai roboflow unsplash pexels tmdb omdb nasa
    binance coinbase kraken alpaca yelp spotify lastfm youtube bing exa firecrawl runpod hubspot
    salesforce zendesk jira trello asana figma docker doppler pulumi snyk grafana pagerduty posthog
    okta mapbox tomtom opencage ipinfo shodan virustotal databricks dbx npm pypi dropbox influx
    influxdb snowflake planetscale codestral devstral paypal shopify ngrok apify scrapingbee gnews
    steam census rapidapi wolfram
"""
BEFORE_KEY = r"""
    api access secret private auth account master signing sign encryption decryption service client
    shared subscription storage license licence app application db database consumer admin session
    webhook deploy project user jwt hmac aes fernet dd function functions maps polygon vantage
"""
BEFORE_TOKEN = r"""
    api auth access bearer bot refresh hub jwt oauth session id security user personal private admin
    service secret app client device vault line push csrf xsrf sas bearer acces
"""
# In languages that put what kind of key it is behind the word.
KEYS_FIRST = r"cle clef clave chave chiave llave jeton ключ"
AFTER_KEY = r"""
    api secrete secreta segreta secret privee privada privata acces acceso acesso accesso chiffrement
    cifrado criptografia cifratura signature firma maitre maestra mestra licence licencia licenca
    licenza service servicio servico servizio compte cuenta conta application aplicacion
    authentification autenticacion autenticacao autenticazione session sesion sessao sessione
"""
_PARTICLES = r"""
    d de du des del della di da do dos la le les l el a of for the to pour para per por voor van fur
    von vom der
"""
# A name goes on with one of these and still holds the secret itself.
NEUTRAL = r"""
    prod production dev development staging test testing live old new value val string str text
    txt default main backup primary secondary base raw plain plaintext confirm confirmation again
    local remote real b encoded bytes current temp tmp v
"""
# What it opens; behind a password it changes nothing.
OPENED = r"""
    db bdd bd бд database datos dados dati banco sql mysql postgres postgresql pg oracle mongo mongodb
    redis mariadb admin root user utilisateur usuario utente benutzer gebruiker smtp imap mail email
    ftp sftp ssh ldap wifi wlan vpn proxy server serveur servidor web site compte cuenta conta konto
    app api
"""
_PUBLIC = frozenset(words("public publique publica pubblica publishable offentlich offentlicher openbare"))
_KEY_IN_ANY_LANGUAGE = frozenset(words("key cle clef clave chave chiave llave schlussel schluessel sleutel"))
_TOKEN_IN_ANY_LANGUAGE = frozenset(words("token jeton"))
_VENDORS = frozenset(words(VENDORS))
_BEFORE_KEY = _VENDORS.union(words(BEFORE_KEY))
_BEFORE_TOKEN = _VENDORS.union(words(BEFORE_TOKEN))
_KEYS_FIRST = frozenset(words(KEYS_FIRST))
_AFTER_KEY = _VENDORS.union(words(AFTER_KEY))
_PARTICLES_ALONE = frozenset(words(_PARTICLES))
_BEHIND = _VENDORS.union(words(NEUTRAL), words(OPENED), words(_PARTICLES))
_BEHIND_A_KEY = _BEHIND.union(words(AFTER_KEY))


def _ends_with(*vocabularies: str) -> LazyPattern:
    return LazyPattern("(?:.*_)?(?:" + "|".join(word for each in vocabularies for word in words(each)) + ")")


_PASSWORD = _ends_with(PASSWORD_WORDS)
_OTHER_PASS = LazyPattern(_ends_with(_OTHER_PASSES).pattern + "_pass")
_KEY = _ends_with(KEY_WORDS)
_TOKEN = _ends_with(TOKEN_WORDS)
_CODE = _ends_with(CODE_WORDS)


@lru_cache(maxsize=4096)
def what_name_says(name: str) -> str:
    """PASSWORD, KEY, TOKEN, CODE or CONNECTION when a value bound to `name` should be hidden, else "".

    `name` can be an identifier in any style, or words with blanks between them as a program prints them.
    """
    parts = [part.lower() for part in _WORDS.findall(without_accents(name))]
    if _is_connection(parts):
        return CONNECTION
    if not parts or not _PUBLIC.isdisjoint(parts):
        return ""
    if any(_is_key_first(parts[place:]) for place in range(len(parts))):
        return KEY
    while len(parts) > 1 and (parts[-1] in _BEHIND or parts[-1].isdigit()):
        parts.pop()
    said = _says(parts)
    if not said and len(parts) > 2:  # `openAIKey`, `gitHubToken`: cut in mid-name
        said = _says([parts[-3] + parts[-2], parts[-1]])
    return said


def _is_key_first(parts: list[str]) -> bool:
    """`clé d'API`, `clave_secreta_prod`, `key_openai`: what kind of key it is stands behind the word."""
    rest = parts[1:]
    if parts[0] in _KEYS_FIRST:
        while rest and rest[0] in _PARTICLES_ALONE:
            rest.pop(0)
        is_key = bool(rest) and rest[0] in _AFTER_KEY
    else:
        is_key = parts[0] in ("key", "token", "secret") and bool(rest) and rest[0] in _VENDORS
    return is_key and all(part in _BEHIND_A_KEY or part.isdigit() for part in rest[1:])


def _says(parts: list[str]) -> str:
    joined = "_".join(parts)
    last, before = parts[-1], parts[-2] if len(parts) > 1 else ""
    if _PASSWORD.fullmatch(joined):
        return "" if _OTHER_PASS.fullmatch(joined) else PASSWORD
    if (last in _KEY_IN_ANY_LANGUAGE and before in _BEFORE_KEY) or _KEY.fullmatch(joined):
        return KEY
    if last in _TOKEN_IN_ANY_LANGUAGE and before in _BEFORE_TOKEN:
        return KEY
    if _TOKEN.fullmatch(joined):
        return TOKEN
    return CODE if _CODE.fullmatch(joined) else ""


def without_accents(text: str) -> str:
    """`text` with a plain letter for each accented one, of the same length: `contrasena` for `contraseña`."""
    if text.isascii() or not _ACCENTED.search(text):
        return text
    return text.translate(_plain_letters())


@lru_cache(maxsize=1)
def _plain_letters() -> dict[int, str]:
    decomposed = {code: unicodedata.normalize("NFKD", chr(code))[0] for code in _CODES}
    plain = {code: letter for code, letter in decomposed.items() if letter.isascii()}
    return plain | {ord(letter): plain_letter for letter, plain_letter in _LETTERS.items()}


def _is_connection(parts: list[str]) -> bool:
    """`dsn`, `conn`, `connection`, `conn_str`, `CONNECTION_STRING`."""
    if not parts:
        return False
    if parts[-1] in ("dsn", "conn", "connection", "connstr", "connstring", "connectionstring"):
        return True
    return len(parts) > 1 and parts[-2].startswith("conn") and parts[-1] in ("string", "str", "url", "uri")
