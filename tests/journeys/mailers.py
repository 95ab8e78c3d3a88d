"""Programs that people send mail with. Each function sends one message through an entrance of the server under test: in
the clear, with STARTTLS or with TLS from the first byte, and logged in where the entrance names an account.

`carry` clients are handed a whole message, `compose` clients write it themselves from subject and text."""
import base64
import dataclasses
import json
import os
import smtplib
import ssl
import subprocess

SENDER, RECIPIENT, SUBJECT = "bob@here.test", "alice@here.test", "a journey"
BODY = "First line.\n\n.a line that begins with a dot\n..two dots\n.\nGr\u00fc\u00dfe \u2603\n" + "x" * 900 + "\nlast\n"
MESSAGE = f"From: Bob <{SENDER}>\nTo: {RECIPIENT}\nSubject: {SUBJECT}\nMIME-Version: 1.0\n" \
          f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{BODY}"


@dataclasses.dataclass
class Entrance:
    """`tls`: "", "starttls" or "implicit"; `authority`: the file with the certificate to trust."""
    port: int
    tls: str = ""
    user: str = ""
    password: str = ""
    authority: str = ""

    @property
    def context(self):
        return ssl.create_default_context(cafile=self.authority)

    def pick(self, clear="", starttls="", implicit=""):
        """What fits this entrance, of three."""
        return {"": clear, "starttls": starttls, "implicit": implicit}[self.tls]


def call(words, folder, text="", **env):
    done = subprocess.run([str(word) for word in words], input=text.encode(), capture_output=True, timeout=60, check=False,
                          env=dict(os.environ, HOME=folder, LC_ALL="C.UTF-8", **env))
    assert done.returncode == 0, (words, done.stdout[-3000:].decode(), done.stderr[-3000:].decode())
    return done.stdout.decode()


def write(folder, name, text):
    with open(f"{folder}/{name}", "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return file.name


def swaks(entrance, folder, *more):
    login = ["--auth", "PLAIN", "--auth-user", entrance.user, "--auth-password", entrance.password] if entrance.user else []
    call(["swaks", "--server", "localhost", "--port", entrance.port, "--from", SENDER, "--to", RECIPIENT, "--helo", "client.test",
          *entrance.pick([], ["--tls"], ["--tls-on-connect"]), *login, *more, "--data", "@" + write(folder, "mail", MESSAGE)], folder)


def swaks_pipelining(entrance, folder):
    swaks(entrance, folder, "--pipeline")


def curl(entrance, folder):
    login = ["-u", f"{entrance.user}:{entrance.password}"] if entrance.user else []
    call(["curl", "-sS", f"{entrance.pick('smtp', 'smtp', 'smtps')}://localhost:{entrance.port}/client.test",
          *entrance.pick([], ["--ssl-reqd", "--cacert", entrance.authority], ["--cacert", entrance.authority]), *login,
          "--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "-T", write(folder, "mail", MESSAGE.replace("\n", "\r\n"))], folder)


def msmtp(entrance, folder):
    login = ["--auth=plain", f"--user={entrance.user}", f"--passwordeval=echo {entrance.password}"] if entrance.user else ["--auth=off"]
    trust = f"--tls-trust-file={entrance.authority}"
    call(["msmtp", "--host=localhost", f"--port={entrance.port}", f"--from={SENDER}", *login,
          *entrance.pick(["--tls=off"], ["--tls=on", "--tls-starttls=on", trust], ["--tls=on", "--tls-starttls=off", trust]),
          RECIPIENT], folder, MESSAGE)


def python(entrance, folder):
    begin = smtplib.SMTP_SSL if entrance.tls == "implicit" else smtplib.SMTP
    more = {"context": entrance.context} if entrance.tls == "implicit" else {}
    with begin("localhost", entrance.port, timeout=30, local_hostname="client.test", **more) as session:
        if entrance.tls == "starttls":
            session.starttls(context=entrance.context)
        if entrance.user:
            session.login(entrance.user, entrance.password)
        session.sendmail(SENDER, [RECIPIENT], MESSAGE.replace("\n", "\r\n").encode(), mail_options=["BODY=8BITMIME"])


def git_send_email(entrance, folder):
    login = [f"--smtp-user={entrance.user}", f"--smtp-pass={entrance.password}"] if entrance.user else ["--smtp-auth=none"]
    secure = entrance.pick([], [f"--smtp-ssl-cert-path={entrance.authority}", "--smtp-encryption=tls"],
                           [f"--smtp-ssl-cert-path={entrance.authority}", "--smtp-encryption=ssl"])
    call(["git", "send-email", "--smtp-server=localhost", f"--smtp-server-port={entrance.port}", "--smtp-domain=client.test", *secure, *login,
          f"--from=Bob <{SENDER}>", f"--to={RECIPIENT}", "--suppress-cc=all", "--confirm=never", "--no-validate", "--transfer-encoding=8bit",
          write(folder, "0001.patch", MESSAGE)], folder, GIT_CONFIG_NOSYSTEM="1", GIT_DIR=folder + "/none",
         GIT_COMMITTER_NAME="Bob", GIT_COMMITTER_EMAIL=SENDER,
         GIT_AUTHOR_NAME="Bob", GIT_AUTHOR_EMAIL=SENDER)


def openssl(entrance, folder):
    """A session typed by hand into openssl s_client, all of it at once."""
    login = [f"AUTH PLAIN {base64.b64encode(f'{chr(0)}{entrance.user}{chr(0)}{entrance.password}'.encode()).decode()}"]
    content = ["." + line if line.startswith(".") else line for line in MESSAGE.split("\n")[:-1]]
    said = call(["openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", entrance.authority, "-crlf", "-connect",
                 f"localhost:{entrance.port}", *entrance.pick([], ["-starttls", "smtp", "-name", "client.test"])], folder,
                "\n".join(["EHLO client.test", *login, f"MAIL FROM:<{SENDER}> BODY=8BITMIME", f"RCPT TO:<{RECIPIENT}>", "DATA", *content, ".",
                           "QUIT", ""]))
    assert "\n250 2.6.0 " in said and "\n221 2.0.0 " in said, said


def esmtp(entrance, folder):
    """Of libESMTP: the message goes out with BDAT. With TLS 1.3 it waits for ever behind the session tickets, whoever sends
    them, so it is kept to 1.2."""
    os.makedirs(f"{folder}/.config/libesmtp", mode=0o700)
    if entrance.authority:
        os.chmod(write(folder, ".config/libesmtp/ca.pem", open(entrance.authority, encoding="ascii").read()), 0o600)
    login = f'username = "{entrance.user}"\npassword = "{entrance.password}"\n' if entrance.user else ""
    settings = write(folder, "esmtprc", f"hostname = localhost:{entrance.port}\nstarttls = {entrance.pick('disabled', 'required')}\n{login}")
    os.chmod(settings, 0o600)
    ssl12 = write(folder, "openssl.cnf", "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMaxProtocol = TLSv1.2\n")
    call(["esmtp", "-C", settings, "-f", SENDER, "-B8BITMIME", RECIPIENT], folder, MESSAGE, OPENSSL_CONF=ssl12)


def mutt(entrance, folder, program="mutt"):
    user = entrance.user.replace("@", "%40") + "@" if entrance.user else ""
    settings = write(folder, "muttrc", f"""
set smtp_url = "{entrance.pick('smtp', 'smtp', 'smtps')}://{user}localhost:{entrance.port}"
set smtp_pass = "{entrance.password}"
set ssl_starttls = {entrance.pick('no', 'yes', 'no')}
set ssl_force_tls = {entrance.pick('no', 'yes', 'yes')}
set certificate_file = "{entrance.authority or '/dev/null'}"
set from = "{SENDER}"
set use_envelope_from = yes
set hostname = client.test
set charset = utf-8
set copy = no
""" + ("set smtp_authenticators = plain\n" if entrance.user else ""))
    call([program, "-n", "-F", settings, "-s", SUBJECT, "--", RECIPIENT], folder, BODY, TERM="xterm")


def neomutt(entrance, folder):
    mutt(entrance, folder, "neomutt")


def s_nail(entrance, folder):
    user = f"{entrance.user.replace('@', '%40')}:{entrance.password}@" if entrance.user else ""
    secure = ["-S", f"tls-ca-file={entrance.authority}", "-S", "tls-verify=strict"] if entrance.tls else []
    call(["s-nail", "-:/", "-S", f"DEAD={folder}/dead", "-S", "v15-compat", "-S", f"mta={entrance.pick('smtp', 'smtp', 'smtps')}://{user}localhost:{entrance.port}",
          "-S", f"smtp-auth={'plain' if entrance.user else 'none'}", *entrance.pick([], ["-S", "smtp-use-starttls"], []), *secure,
          "-S", f"from={SENDER}", "-S", "hostname=client.test", "-S", "ttycharset=utf-8", "-S", "mime-encoding=8bit", "-S", "sendwait",
          "-s", SUBJECT, RECIPIENT], folder, BODY)


NODEMAILER = """
const [settings, message] = JSON.parse(require("fs").readFileSync(0, "utf8"));
if (settings.trust)
  settings.tls = { ca: require("fs").readFileSync(settings.trust) };
require("nodemailer").createTransport(settings).sendMail(message).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
"""


def nodemailer(entrance, folder):
    settings = {"host": "localhost", "port": entrance.port, "name": "client.test", "secure": entrance.tls == "implicit",
                "requireTLS": entrance.tls == "starttls", "trust": entrance.authority}
    if entrance.user:
        settings["auth"] = {"user": entrance.user, "pass": entrance.password}
    message = {"from": SENDER, "to": RECIPIENT, "subject": SUBJECT, "text": BODY, "textEncoding": "quoted-printable"}
    call(["node", write(folder, "send.js", NODEMAILER)], folder, json.dumps([settings, message]), NODE_PATH="/usr/share/nodejs")




CARRY = (swaks, swaks_pipelining, curl, msmtp, python, git_send_email, esmtp)
COMPOSE = (mutt, neomutt, s_nail, nodemailer)
