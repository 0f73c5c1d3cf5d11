"""Headless Chromium, told what to do through a pair of pipes: no driver and no library are needed."""
import base64, json, os, select, shutil, subprocess, sys, tempfile, time

OPTIONS = (
    "--headless --hide-scrollbars --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-extensions --remote-debugging-pipe").split()


class Chromium:
    def __init__(self):
        program = shutil.which("chromium")
        if not program:
            sys.exit("Chromium was not found. Maybe: apt-get install chromium, or --no-weight")
        self.profile = tempfile.mkdtemp(prefix="dcbalance-chromium-")
        to_it, self.write = os.pipe()
        self.read, from_it = os.pipe()

        def give_pipes():
            # it reads from 3 and writes to 4; far away first, since either number may be taken by the other
            far = [os.dup2(end, 100 + i) for i, end in enumerate((to_it, from_it))]
            os.dup2(far[0], 3)
            os.dup2(far[1], 4)

        self.process = subprocess.Popen(
            [program, *OPTIONS, "--user-data-dir=" + self.profile, "about:blank"], preexec_fn=give_pipes, close_fds=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_it)
        os.close(from_it)
        self.waiting, self.last, self.events = b"", 0, []
        page = next(t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page")
        self.session = None
        self.session = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)["sessionId"]
        self.call("Network.enable")
        self.call("Page.enable")

    def call(self, method, **parameters):
        self.last += 1
        message = {"id": self.last, "method": method, "params": parameters}
        if getattr(self, "session", None):
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + 120
        while time.monotonic() < end:
            for answer in self.messages(1):
                if answer.get("id") == self.last:
                    if "error" in answer:
                        raise RuntimeError("%s: %s" % (method, answer["error"]))
                    return answer["result"]
                self.events.append(answer)
        sys.exit("Chromium does not answer %s." % method)

    def messages(self, seconds):
        if select.select([self.read], [], [], seconds)[0]:
            got = os.read(self.read, 1 << 20)
            if not got:
                sys.exit("Chromium ended.")
            self.waiting += got
        *whole, self.waiting = self.waiting.split(b"\0")
        return [json.loads(each) for each in whole]

    def hold_streams_back(self):
        """Let no page hear of changes, so that it fetches nothing anew."""
        self.call("Fetch.enable", patterns=[{"urlPattern": "*/live"}])

    def sign_in_with(self, cookies, address):
        for name, value in cookies.items():
            self.call("Network.setCookie", name=name, value=value, url=address)

    def picture(self, address, width, height, seconds):
        """Give a PNG of the top of a page as it looks after a while."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setScrollbarsHidden", hidden=True)
        self.call("Page.navigate", url=address)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.messages(0.5)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def weigh(self, address, cookies, quiet=1.5, most=60):
        """Give the bytes transferred for a first visit: until nothing has been loaded for a while."""
        self.call("Network.clearBrowserCache")
        self.sign_in_with(cookies, address)
        self.events.clear()
        self.call("Page.navigate", url=address)
        sizes, open_requests, streams = {}, set(), set()
        loaded, last, end = False, time.monotonic(), time.monotonic() + most
        while time.monotonic() < end and not (loaded and not open_requests - streams and time.monotonic() - last > quiet):
            events, self.events = self.events + self.messages(0.2), []
            for event in events:
                method, what = event.get("method"), event.get("params", {})
                if method == "Page.loadEventFired":
                    loaded = True
                elif method == "Network.requestWillBeSent":
                    open_requests.add(what["requestId"])
                    if what.get("type") == "EventSource":
                        streams.add(what["requestId"])
                elif method == "Network.loadingFinished":
                    sizes[what["requestId"]] = what["encodedDataLength"]
                    open_requests.discard(what["requestId"])
                elif method == "Network.loadingFailed":
                    open_requests.discard(what["requestId"])
                else:
                    continue
                last = time.monotonic()
        if not loaded:
            sys.exit("%s did not load." % address)
        return sum(sizes.values())

    def close(self):
        os.close(self.write)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.profile, ignore_errors=True)
