"""What the benchmarks in Python share: a console of their own from target/dcbalance.jar, and people who sign in to it."""
import glob, gzip, http.client, json, os, re, secrets, shutil, signal, socket, subprocess, sys, tempfile, time
import urllib.parse

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JAR = os.environ.get("DCBALANCE_JAR", os.path.join(ROOT, "target", "dcbalance.jar"))


def java():
    for candidate in [os.environ.get("JAVA_HOME", "/none") + "/bin/java"] + glob.glob("/usr/lib/jvm/*25*/bin/java"):
        if os.access(candidate, os.X_OK):
            return candidate
    sys.exit("JDK 25 was not found. Maybe set JAVA_HOME.")


def load():
    return open("/proc/loadavg").read().split()[0]


class Console:
    """A console with a database of its own, on a free port of loopback, in a folder that goes with it."""

    def __init__(self, java_options=(), **settings):
        if not os.path.exists(JAR):
            sys.exit("There is no %s. Maybe: ./mvnw package -DskipTests" % JAR)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = tempfile.mkdtemp(prefix="dcbalance-bench-")
        self.password, self.token = secrets.token_urlsafe(24), secrets.token_urlsafe(40)
        environment = dict(
            os.environ, SERVER_PORT=str(self.port), DCBALANCE_DATA_DIR=os.path.join(self.folder, "data"),
            DCBALANCE_ADMIN_PASSWORD=self.password, DCBALANCE_ADMIN_TOKEN=self.token)
        environment.update({name: str(value) for name, value in settings.items()})
        self.log = os.path.join(self.folder, "console.log")
        with open(self.log, "w") as log:
            self.process = subprocess.Popen(
                [java(), "-XX:+UseG1GC", *java_options, "-jar", JAR], env=environment, stdout=log, stderr=log)

    def __enter__(self):
        try:
            self.wait_until("the sign-in page", 900, lambda: self.person().get("/login").status == 200)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, trouble=None, *_):
        if trouble and not issubclass(trouble, SystemExit):
            print("The console said:\n" + "".join(
                line for line in open(self.log) if " ERROR " in line or line.startswith("Caused by"))[-3000:], file=sys.stderr)
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            # its database ends by itself once it notices
            self.process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def wait_until(self, what, seconds, true):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                sys.exit("The console ended:\n" + "".join(open(self.log).readlines()[-20:]))
            try:
                if true():
                    return
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.5)
        sys.exit("After %d s there is still not %s:\n%s" % (seconds, what, "".join(open(self.log).readlines()[-20:])))

    def person(self):
        return Person(self.port)

    def signed_in(self):
        person = self.person()
        person.sign_in("admin", self.password)
        return person

    def api(self, path, body=None):
        """Ask the API as an administrator; a body makes it a POST."""
        answer = Person(self.port).ask(
            "GET" if body is None else "POST", "/api/v1" + path, None if body is None else json.dumps(body),
            {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        if answer.status >= 400:
            raise RuntimeError("%s: %d %s" % (path, answer.status, answer.text()[:300]))
        return json.loads(answer.text()) if answer.body else None

    def items(self, path):
        """Give all items of a list, page after page."""
        found, after = [], ""
        while True:
            page = self.api("%s%slimit=1000%s" % (path, "&" if "?" in path else "?", after))
            found += page["items"]
            if not page.get("next"):
                return found
            after = "&after=" + urllib.parse.quote(str(page["next"]))

    def cpu(self):
        """CPU seconds that the console itself has used, without its database."""
        fields = open("/proc/%d/stat" % self.process.pid).read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory(self):
        """Resident memory of the console, in MiB, now and at most."""
        status = open("/proc/%d/status" % self.process.pid).read()
        return [int(re.search(r"%s:\s+(\d+)" % name, status)[1]) // 1024 for name in ("VmRSS", "VmHWM")]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def text(self):
        plain = gzip.decompress(self.body) if self.headers.get("Content-Encoding") == "gzip" else self.body
        return plain.decode()


class Person:
    """One browser's worth of requests: a connection that stays open, and cookies."""

    def __init__(self, port):
        self.port, self.cookies = port, {}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method, path, body=None, headers=None):
        sent = {"Accept-Encoding": "gzip", **(headers or {})}
        if self.cookies:
            sent["Cookie"] = "; ".join("%s=%s" % each for each in self.cookies.items())
        try:
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # the server ends connections that were idle for 20 s
            self.connection.close()
            self.connection.request(method, path, body, sent)
            answer = self.connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, content = value.split(";")[0].partition("=")
                self.cookies[cookie] = content
        return Answer(answer.status, answer.headers, answer.read())

    def get(self, path):
        return self.ask("GET", path)

    def send(self, path, fields, page, **headers):
        """Send a form as the page with it does, which holds the token against forgery."""
        token = re.search(r'name="_csrf"[^>]*value="([^"]+)"', self.get(page).text())[1]
        return self.ask(
            "POST", path, urllib.parse.urlencode({**fields, "_csrf": token}),
            {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def sign_in(self, name, password):
        answer = self.send("/login", {"username": name, "password": password}, "/login")
        if answer.status != 302 or "error" in answer.headers.get("Location", ""):
            raise RuntimeError("The sign-in was refused: %d %s" % (answer.status, answer.headers.get("Location")))
