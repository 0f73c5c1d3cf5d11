"""Tests of dcbalance-host-helper that need no host: names, images made by hand, what was written and read back, the hook."""
import importlib.machinery, importlib.util, io, json, os, shutil, struct, subprocess, sys, tempfile, unittest
from unittest import mock

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../main/host-helper/dcbalance-host-helper")
loader = importlib.machinery.SourceFileLoader("helper", PROGRAM)
sys.dont_write_bytecode = True
helper = importlib.util.module_from_spec(importlib.util.spec_from_loader("helper", loader))
loader.exec_module(helper)

NAME = "dcb-0123abcd-7"
DOMAIN = """<domain type='qemu'><name>db-01</name><memory unit='KiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type></os><devices><memballoon model='virtio'/></devices></domain>"""
PAGES = 16


def page(n):
    return bytes([n]) * 4096


def be64(n):
    return struct.pack(">Q", n)


def named(block):
    return bytes([len(block)]) + block


class Image:
    """A libvirt save image, record by record as QEMU writes them."""

    def __init__(self, domain=DOMAIN, packed=0, magic=b"LibvirtQemudSave", cookie=b""):
        xml = domain.encode() + b"\0"
        self.bytes = struct.pack("<16s5I56x", magic, 2, len(xml + cookie), 1, packed, len(xml) if cookie else 0) + xml + cookie
        self.bytes += b"QEVM" + struct.pack(">I", 3) + b"\x07" + struct.pack(">I", 9) + b"pc-i440fx"

    def add(self, *parts):
        self.bytes += b"".join(parts)
        return self

    def section(self, kind, *records):
        head = bytes([kind]) + struct.pack(">I", 2) + (named(b"ram") + struct.pack(">II", 0, 4) if kind == 1 else b"")
        return self.add(head, *records, be64(0x10), b"\x7e", struct.pack(">I", 2))

    def sizes(self):
        blocks = named(b"pc.ram") + be64(PAGES * 4096) + named(b"vga.vram") + be64(8192)
        return self.section(1, be64(PAGES * 4096 + 8192 | 0x04), blocks)

    def devices(self):
        return self.add(b"\x04", struct.pack(">I", 5), named(b"timer"), b"state of devices")


def data(at, n, block=b"pc.ram"):
    return be64(at * 4096 | 0x08) + named(block) + page(n)


def more(at, n):
    return be64(at * 4096 | 0x28) + page(n)


def zero(at):
    return be64(at * 4096 | 0x22) + b"\0"


def whole():
    """Two rounds: page 3 is written again, page 4 is zero then; a page of another block stands between."""
    return (
        Image().sizes()
        .section(2, data(0, 1), more(1, 2), zero(2), more(3, 3), more(4, 4), data(0, 9, b"vga.vram"), data(5, 5))
        .section(2, more(3, 7), zero(4))
        .section(3).devices())


class Folder(unittest.TestCase):
    """A storage pool in a folder of this test's own; virsh is the only thing that is not real."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.run = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.run)
        pool = "<pool type='dir'><name>cp</name><target><path>%s</path></target></pool>" % self.folder
        for name, value in (("virsh", lambda *words: pool), ("RUN", self.run)):
            patch = mock.patch.object(helper, name, value)
            patch.start()
            self.addCleanup(patch.stop)

    def path(self, kind):
        return "%s/%s.%s" % (self.folder, NAME, kind)

    def store(self, image):
        with open(self.path("memory"), "wb") as file:
            file.write(image.bytes)
        return self

    def ask(self, verb):
        out = io.StringIO()
        with mock.patch("sys.stdout", out):
            helper.answer([verb, "cp", NAME])
        return json.loads(out.getvalue())

    def content(self, kind):
        with open(self.path(kind), "rb") as file:
            return file.read()


class Splitting(Folder):
    def test_puts_pages_where_they_belong_and_the_newest_counts(self):
        told = self.store(whole()).ask("split")
        self.assertTrue(told["ok"], told)
        memory = self.content("lazy-ram")
        self.assertEqual(len(memory), PAGES * 4096)
        self.assertEqual([memory[n * 4096] for n in range(7)], [1, 2, 0, 7, 0, 5, 0])
        self.assertEqual(memory, b"".join(bytes([memory[n * 4096]]) * 4096 for n in range(PAGES)))

    def test_notes_what_was_written_again_as_needed_first(self):
        self.assertEqual(self.store(whole()).ask("split")["touchedPages"], 2)
        self.assertEqual(json.loads(self.content("lazy-touched"))["ranges"], [[3, 2]])

    def test_leaves_everything_else_in_the_image_with_each_page_under_its_block(self):
        self.store(whole()).ask("split")
        image = self.content("lazy-image")
        self.assertIn(be64(0x08) + named(b"vga.vram") + page(9), image)
        self.assertTrue(image.endswith(b"timer" + b"state of devices"))
        self.assertNotIn(page(1), image)

    def test_has_the_image_name_its_memory_and_keeps_the_cookie(self):
        image = Image(cookie=b"<cookie/>\0").sizes().section(2, data(0, 1)).section(3).devices()
        self.store(image).ask("split")
        written = self.content("lazy-image")
        magic, version, length, running, packed, cookie = helper.HEADER.unpack(written[:92])
        xml, rest = written[92 : 92 + cookie], written[92 + cookie : 92 + length]
        self.assertEqual(rest, b"<cookie/>\0")
        self.assertIn(b'checkpoint="%s"' % NAME.encode(), xml)
        self.assertIn(b'<memoryBacking><source type="file"/><access mode="private"/></memoryBacking>', xml)

    def test_takes_the_image_of_a_guest_that_was_resumed_so_before(self):
        first = helper.to_memory_file(DOMAIN, "dcb-0123abcd-1")
        again = helper.to_memory_file(first, NAME)
        self.assertEqual(again.count("<memoryBacking>"), 1)
        self.assertEqual(again.count("dcb-"), 1)
        self.assertIn(NAME, again)

    def test_refuses_what_was_never_tried(self):
        for change in (
            ("pc-i440fx-7.2", "pc-q35-7.2"), ("<memory unit", "<maxMemory slots='4'>9</maxMemory><memory unit"),
            ("<vcpu>", "<memoryBacking><hugepages/></memoryBacking><vcpu>"),
            ("model='virtio'/>", "model='virtio' freePageReporting='on'/>"), ("db-01", "d b")):
            told = self.store(Image(DOMAIN.replace(*change)).sizes().section(3).devices()).ask("split")
            self.assertFalse(told["ok"], change)
        for image in (Image(packed=1), Image(magic=b"LibvirtQemudPart")):
            self.assertIn("incomplete, compressed", self.store(image.sizes()).ask("split")["error"])

    def test_refuses_records_that_it_does_not_know_and_pages_outside(self):
        for record in (be64(0x40), be64(0x108), data(PAGES, 1), more(0, 1)):
            told = self.store(Image().sizes().section(2, record).section(3).devices()).ask("split")
            self.assertFalse(told["ok"], record[:8])
            self.assertEqual(os.listdir(self.folder), [NAME + ".memory"])

    def test_leaves_nothing_of_an_image_that_ends_early(self):
        image = whole().bytes
        end = image.index(b"\x04\0\0\0\x05")
        for length in list(range(0, 700, 97)) + list(range(700, end, 4801)):
            with open(self.path("memory"), "wb") as file:
                file.write(image[:length])
            self.assertFalse(self.ask("split")["ok"], length)
            self.assertEqual(os.listdir(self.folder), [NAME + ".memory"])

    def test_two_do_not_write_the_same_at_once(self):
        files = helper.Files("cp", NAME)
        writing = files.begin("lazy-image")
        self.assertIn("being written already", self.store(whole()).ask("split")["error"])
        os.close(writing)


class Reading(Folder):
    def setUp(self):
        super().setUp()
        self.store(whole()).ask("split")

    def flip(self, at):
        with open(self.path("lazy-ram"), "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ 1]))

    def test_finds_a_flipped_byte_and_prepares_nothing(self):
        self.assertEqual(self.ask("verify")["damaged"], [])
        self.assertEqual(self.ask("prepare")["damaged"], [])
        self.flip(5 * 4096 + 7)
        self.assertEqual(self.ask("verify")["damaged"], [0])
        self.ask("release")
        self.assertEqual(self.ask("prepare")["damaged"], [0])
        self.assertEqual(os.listdir(self.run), [])

    def test_finds_a_hole_that_a_balloon_punched(self):
        memory = os.open(self.path("lazy-ram"), os.O_RDWR)
        os.pwrite(memory, bytes(4096), 0)
        os.close(memory)
        self.assertEqual(self.ask("prepare")["damaged"], [0])

    def test_reads_all_again_only_if_somebody_may_have_written(self):
        self.assertFalse(self.ask("prepare")["readAgain"])
        os.utime(self.path("lazy-ram"))
        told = self.ask("prepare")
        self.assertTrue(told["readAgain"])
        self.assertEqual(told["damaged"], [])

    def test_finds_a_memory_of_another_size(self):
        os.truncate(self.path("lazy-ram"), 4096)
        self.assertEqual(self.ask("verify")["damaged"], [0])

    def test_joins_what_lies_near(self):
        self.assertEqual(helper.joined([[3, 2], [7, 1], [40, 9], [60, 1]], 16), [[3, 5], [40, 21]])

    def test_opens_no_link(self):
        os.rename(self.path("lazy-ram"), self.folder + "/elsewhere")
        os.symlink(self.folder + "/elsewhere", self.path("lazy-ram"))
        for verb in ("verify", "prepare", "warm", "touched"):
            self.assertFalse(self.ask(verb)["ok"], verb)

    def test_reads_ahead_what_is_noted(self):
        self.assertEqual(self.ask("warm")["pages"], 2)

    def test_tells_who_maps_it_and_what_they_touched(self):
        self.assertEqual(self.ask("release")["mapped"], 0)
        self.assertIn("No guest", self.ask("touched")["error"])
        child = subprocess.Popen(
            [sys.executable, "-c", "import mmap,os,sys; m = mmap.mmap(os.open(sys.argv[1], os.O_RDWR), 0, mmap.MAP_PRIVATE);"
             "m[9 * 4096] = 1; print(flush=True); sys.stdin.read()", self.path("lazy-ram")], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            child.stdout.readline()
            self.assertEqual(self.ask("release")["mapped"], 1)
            self.assertGreaterEqual(self.ask("touched")["pages"], 1)
            noted = json.loads(self.content("lazy-touched"))
            self.assertTrue(any(first <= 9 < first + count for first, count in noted["ranges"]), noted)
            self.assertEqual(self.ask("verify")["damaged"], [], "it is mapped privately")
            os.unlink(self.path("lazy-ram"))
            self.assertEqual(self.ask("release")["mapped"], 1, "also where the file was deleted under it")
        finally:
            child.communicate()


class Hook(Folder):
    def setUp(self):
        super().setUp()
        self.store(whole()).ask("split")
        self.backing = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.backing)
        patch = mock.patch.object(helper, "configured", lambda name, otherwise: self.backing if "backing" in name else otherwise)
        patch.start()
        self.addCleanup(patch.stop)
        self.xml = helper.to_memory_file(DOMAIN, NAME).replace("<domain ", "<domain id='4' ", 1)

    def call(self, operation, xml=None):
        with mock.patch("sys.stdin", io.TextIOWrapper(io.BytesIO((xml or self.xml).encode()))):
            helper.hook("db-01", operation)

    def link(self):
        return self.backing + "/libvirt/qemu/4-db-01/pc.ram"

    def test_links_what_was_prepared_once(self):
        self.ask("prepare")
        self.call("restore")
        self.call("prepare")
        self.assertEqual(os.readlink(self.link()), self.path("lazy-ram"))
        with self.assertRaisesRegex(helper.Refusal, "not prepared"):
            self.call("restore")

    def test_refuses_a_restore_that_was_not_prepared(self):
        with self.assertRaisesRegex(helper.Refusal, "not prepared"):
            self.call("restore")
        self.ask("prepare")
        self.ask("release")
        with self.assertRaisesRegex(helper.Refusal, "not prepared"):
            self.call("restore")

    def test_leaves_a_guest_that_migrates_in_alone(self):
        self.ask("prepare")
        self.call("prepare")
        self.assertFalse(os.path.lexists(self.link()))

    def test_leaves_other_guests_alone(self):
        self.call("restore", DOMAIN)
        self.call("prepare", DOMAIN)
        self.call("restore", self.xml.replace(NAME, ""))

    def test_takes_no_path_for_a_name(self):
        with self.assertRaisesRegex(helper.Refusal, "none of DCbalance's"):
            self.call("restore", self.xml.replace(NAME, "../../etc/shadow"))


class Names(unittest.TestCase):
    HOSTILE = [
        "", "version;id", "version id", "split", "split cp", "split cp ../x", "split cp dcb-0123abcd-7/../x", "split ../cp dcb-0123abcd-7",
        "split cp dcb-0123abcd-07", "split cp dcb-0123ABCD-7", "split cp dcb-0123abcd-7\n", "split cp $(id)", "split -c dcb-0123abcd-7",
        "split  cp dcb-0123abcd-7", "split cp dcb-0123abcd-7 more", "main", "hook db-01", "Files cp dcb-0123abcd-7", "x" * 5000, "split cp \0"]

    def ask(self, command):
        with tempfile.TemporaryDirectory() as folder:
            # what would run if a shell or libvirt were asked
            for name in ("virsh", "id"):
                with open(folder + "/" + name, "w") as file:
                    file.write("#!/bin/sh\ntouch %s/ran\n" % folder)
                os.chmod(folder + "/" + name, 0o755)
            with mock.patch.object(helper, "virsh", lambda *words: self.fail("virsh was asked for %s" % (words,))):
                out = io.StringIO()
                environment = {"SSH_ORIGINAL_COMMAND": command.replace("\0", ""), "PATH": folder + ":/usr/bin:/bin"}
                with mock.patch.dict(os.environ, environment), mock.patch("sys.stdout", out), mock.patch("sys.argv", [PROGRAM]):
                    status = helper.main()
            self.assertFalse(os.path.exists(folder + "/ran"))
            return status, json.loads(out.getvalue())

    def test_refuses_hostile_names_before_anything_is_asked(self):
        for command in self.HOSTILE:
            status, told = self.ask(command)
            self.assertEqual((status, told["ok"]), (1, False), command)

    def test_the_program_itself_refuses_them_too(self):
        done = subprocess.run(
            [PROGRAM], env={"SSH_ORIGINAL_COMMAND": "split cp dcb-0123abcd-7/../../etc/passwd", "PATH": "/usr/bin:/bin"}, capture_output=True)
        self.assertEqual(json.loads(done.stdout), {"ok": False, "error": "That is not the name of a checkpoint."})


if __name__ == "__main__":
    unittest.main()
