"""院内のディレクトリ: 動いている守り手と、本物の slapd のあいだで。止まったときに入れるところまで。"""

import contextlib
import re
import subprocess

import pytest
from peers import Authority, program, running
from program import LOGIN, NOW, PASSWORD, Server, Visitor, free_port

OPEN = {"MAMORITE_DIRECTORY_LOOPBACK": "1"}
BASE = "dc=minato,dc=example"
SERVICE, SECRET = f"cn=mamorite,{BASE}", "read-only-secret-0815"
IT, AUDIT = f"cn=it,ou=groups,{BASE}", f"cn=audit,ou=groups,{BASE}"
NUMBERS = {"hanako": 1, "jiro": 2, "twin": 3, "late": 5, "locked": 6}

CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
moduleload ppolicy
pidfile {folder}/pid
{tls}
database mdb
suffix "{base}"
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by self read by * none
overlay memberof
overlay ppolicy
ppolicy_default "cn=policy,{base}"
ppolicy_use_lockout
"""

PEOPLE = """
dn: {base}
objectClass: dcObject
objectClass: organization
o: minato
dc: minato

dn: cn=mamorite,{base}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: mamorite
userPassword: {secret}

dn: cn=policy,{base}
objectClass: organizationalRole
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdMustChange: TRUE

dn: ou=people,{base}
objectClass: organizationalUnit
ou: people

dn: ou=others,{base}
objectClass: organizationalUnit
ou: others

dn: ou=groups,{base}
objectClass: organizationalUnit
ou: groups
"""


def person(name, *more, under="people", number=None):
    number = number or NUMBERS[name]
    return "\n".join([
        f"\ndn: uid={name},ou={under},{BASE}", "objectClass: inetOrgPerson", f"uid: {name}", f"cn: {name}", "sn: x",
        f"mail: tanaka@minato.example", f"userPassword: {name}-password",
        f"entryUUID: 00000000-0000-4000-8000-{number:012d}", *more, ""])


def group(name, *members):
    return "\n".join([
        f"\ndn: cn={name},ou=groups,{BASE}", "objectClass: groupOfNames", f"cn: {name}",
        *(f"member: uid={member},ou=people,{BASE}" for member in ("nobody", *members)), ""])


def directory(**groups):
    """The tree; `groups` says who is in which."""
    def of(name):
        return [f"memberOf: cn={group},ou=groups,{BASE}" for group, members in groups.items() if name in members]

    return PEOPLE.format(base=BASE, secret=SECRET) + "".join([
        person("hanako", *of("hanako")), person("jiro", *of("jiro")), person("twin"),
        person("twin", under="others", number=4), person("late", "pwdReset: TRUE"),
        person("locked", "pwdAccountLockedTime: 000001010000Z"),
        *(group(name, *members) for name, members in groups.items())])


class Slapd:
    def __init__(self, folder, certificate=None):
        self.folder, self.certificate = folder, certificate
        self.plain, self.tls = free_port(), free_port()

    @contextlib.contextmanager
    def serve(self, content):
        self.folder.mkdir(parents=True, exist_ok=True)
        number = sum(1 for _ in self.folder.iterdir())
        folder = self.folder / f"run{number}"
        (folder / "db").mkdir(parents=True)
        tls = ""
        if self.certificate:
            tls = "TLSCertificateFile {}\nTLSCertificateKeyFile {}".format(*self.certificate)
        config, tree = folder / "slapd.conf", folder / "tree.ldif"
        config.write_text(CONFIG.format(folder=folder, tls=tls, base=BASE, service=SERVICE))
        tree.write_text(content)
        done = subprocess.run(
            [program("slapadd"), "-q", "-f", config, "-l", tree], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        addresses = f"ldap://127.0.0.1:{self.plain}"
        if self.certificate:
            addresses += f" ldaps://127.0.0.1:{self.tls}"
        with running(["slapd", "-d", "0", "-f", config, "-h", addresses], self.plain, folder):
            yield self


@pytest.fixture(scope="session")
def house(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ldap-ca"), "Minato House CA")


@pytest.fixture
def slapd(house, tmp_path):
    return Slapd(tmp_path / "slapd", house.issue("dc1", "DNS:dc1.minato.example,IP:127.0.0.1"))


@pytest.fixture
def server(data):
    with Server(data, **OPEN) as server:
        yield server


@pytest.fixture
def admin(server):
    return Visitor(server.url).sign_in()


def save(visitor, slapd, house, **changed):
    page = visitor.ask("/sign-on/directory")[2].decode()
    version = re.search(r'action="/sign-on/directory" .*?name="version" value="(\d+)"', page, re.S)[1]
    fields = {
        "_token": visitor.token("/sign-on/directory"), "version": version, "hosts": "127.0.0.1", "port": slapd.tls,
        "security": "ldaps", "authorities": house.certificate.read_text(), "base": BASE, "way": "search",
        "account": SERVICE, "secret": SECRET, "template": "", "login-attribute": "uid", "filter": "(objectClass=person)",
        "group-way": "attribute", "group-attribute": "memberOf", "group-base": "", "lock-after": "5",
        "lock-minutes": "30", "label": "院内の職員ID", "on": "yes"}
    return visitor.ask("/sign-on/directory", {**fields, **{name.replace("_", "-"): value for name, value in changed.items()}})


def saved(*args, **changed):
    status, _, body = save(*args, **changed)
    assert status == 303, notice(body)


def notice(body):
    return re.search(r'<div class="notice".*?</div>', body.decode(), re.S)[0]


def checked(visitor):
    return notice(visitor.ask("/sign-on/directory/test", {"_token": visitor.token("/sign-on/directory")})[2])


def tried(visitor, login, password):
    return notice(visitor.ask("/sign-on/directory/trial", {
        "_token": visitor.token("/sign-on/directory"), "trial-login": login, "trial-password": password})[2])


def others(visitor):
    """People who are not the administrator who asks: (name, id)."""
    page = visitor.ask("/sign-on/directory")[2].decode()
    found = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>([^<]+)<', page)
    return [(name, ident) for ident, name in found if "田中" not in name]


def expect(visitor, name, ident):
    fields = {"_token": visitor.token("/sign-on/directory"), "person": ident, "name": name}
    assert visitor.ask("/sign-on/directory/identities", fields)[0] == 303


def come(server, facility, login, password):
    visitor = Visitor(server.url)
    fields = {
        "_token": visitor.token("/sign-in"), "door": facility, "login": login, "password": password, "next": "/account"}
    return visitor, visitor.ask("/sign-in", fields)


def test_the_test_button_says_what_is_wrong(admin, slapd, house, tmp_path):
    """試すと、合っていればそう言い、違うときは、どこで止まり何を直すかを言う。"""
    with slapd.serve(directory(it=["hanako"])):
        saved(admin, slapd, house)
        assert "つながりました" in checked(admin)
        saved(admin, slapd, house, security="starttls", port=slapd.plain)
        assert "つながりました" in checked(admin)
        saved(admin, slapd, house, hosts="nowhere.invalid")
        assert "見つかりません" in checked(admin)
        saved(admin, slapd, house, port=free_port())
        assert "ポートが閉じています" in checked(admin)
        saved(admin, slapd, house, port=slapd.plain)
        assert "暗号の通信ができません" in checked(admin) or "12秒" in checked(admin)
        saved(admin, slapd, house, secret="wrong-secret")
        assert "断られました(49" in checked(admin)
        saved(admin, slapd, house, base="dc=elsewhere,dc=example")
        assert "見つかりません" in checked(admin)
        saved(admin, slapd, house, authorities="")
        assert "信じられません" in checked(admin)
        elsewhere = Authority(tmp_path / "other", "Other CA")
        saved(admin, slapd, elsewhere)
        assert "信じられません" in checked(admin)
    for name, alternatives, words, times in [
        ("wrong", "DNS:dc9.minato.example", "dc9.minato.example", {}),
        ("old", "IP:127.0.0.1", "令和3年1月1日", {"ends": "20210101000000Z"}),
    ]:
        peer = Slapd(tmp_path / name, house.issue(name, alternatives, **times))
        with peer.serve(directory()):
            saved(admin, peer, house)
            assert words in checked(admin)
            # StartTLS looks at the same certificate in the same way.
            saved(admin, peer, house, security="starttls", port=peer.plain)
            assert words in checked(admin)
    bare = Slapd(tmp_path / "bare")
    with bare.serve(directory()):
        saved(admin, bare, house, security="starttls", port=bare.plain)
        assert "StartTLS を断りました" in checked(admin)


@pytest.mark.parametrize("changed, words", [
    ({"security": "none", "hosts": "dc1.minato.example"}, "そのまま流れ"),
    ({"login_attribute": "mail"}, "メールアドレスでは"),
    ({"hosts": "ldap://dc1"}, "名前だけを"),
    ({"authorities": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"}, "秘密鍵は"),
    ({"way": "template", "template": "uid=hanako,dc=x"}, "{login} を一つだけ"),
    ({"filter": "(objectClass=person"}, "括弧の数"),
    ({"group_staff": "it"}, "グループの DN"),
    ({"secret": ""}, "もう一度入れて"),
])
def test_what_cannot_be_right_is_not_saved(admin, slapd, house, changed, words):
    """暗号なし、メールアドレス、秘密鍵などは、わけを言って断る。"""
    status, _, body = save(admin, slapd, house, **changed)
    assert status == 422 and words in body.decode()


def test_an_expected_person_comes_in_and_nobody_else(server, admin, slapd, house, facility, data):
    """合っていれば入れる。違うパスワード、いない人、細工した名前、空のパスワードでは入れず、言うことは同じ。"""
    with slapd.serve(directory(it=["hanako"])):
        saved(admin, slapd, house)
        assert "職員ID" in Visitor(server.url).ask("/sign-in")[2].decode()
        # A right password alone binds nobody.
        visitor, (status, _, body) = come(server, facility, "hanako", "hanako-password")
        assert status == 422 and "だれとも結びついていません" in notice(body)
        expect(admin, "Hanako", others(admin)[0][1])
        visitor, (status, headers, _) = come(server, facility, "hanako", "hanako-password")
        assert (status, headers["Location"]) == (303, "/account")
        assert others(admin)[0][0] in visitor.ask("/account")[2].decode()
        said = set()
        for login, password in [
            ("hanako", "wrong"), ("nobody-there", "wrong"), ("*", "hanako-password"), ("*)(uid=*", "hanako-password"),
            ("hanako)(|(uid=*)", "hanako-password"), ("han*", "hanako-password"), ("hanako", ""),
            ("hanako\\2a", "hanako-password"),
        ]:
            visitor, (status, _, body) = come(server, facility, login, password)
            assert status == 422 and visitor.ask("/account")[0] == 303, login
            said.add(notice(body))
        assert len(said) == 1
        # A local name is not one of the directory's, and the other way round.
        assert come(server, facility, LOGIN, PASSWORD)[1][0] == 422
        with pytest.raises(AssertionError):
            Visitor(server.url).sign_in("hanako", "hanako-password")
    for file in [*data.glob("mamorite.sqlite*"), data.parent / f"{data.name}.log"]:
        assert all(secret.encode() not in file.read_bytes() for secret in (SECRET, "hanako-password"))


def test_starttls_and_a_template_let_people_in(server, admin, slapd, house, facility):
    """StartTLS でも、利用者名を DN の形に入れる決め方でも入れる。名前は DN の外へ出られない。"""
    with slapd.serve(directory()):
        saved(admin, slapd, house, security="starttls", port=slapd.plain, way="template", secret="",
              template=f"uid={{login}},ou=people,{BASE}")
        expect(admin, "hanako", others(admin)[0][1])
        assert come(server, facility, "hanako", "hanako-password")[1][0] == 303
        assert come(server, facility, "hanako,ou=people", "hanako-password")[1][0] == 422
        assert come(server, facility, "x+uid=hanako", "hanako-password")[1][0] == 422


def test_the_filter_holds_with_a_template_too(server, admin, slapd, house, facility):
    """DN の形でも、絞り込みに合わない人は、正しいパスワードでも入れない。試すと、いないと言う。"""
    way = {
        "way": "template", "secret": "", "template": f"uid={{login}},ou=people,{BASE}", "lock_after": "20"}
    with slapd.serve(directory() + person("retired", "employeeType: retired", number=9)):
        saved(admin, slapd, house, filter="(!(employeeType=retired))", **way)
        expect(admin, "retired", others(admin)[0][1])
        visitor, (status, _, _) = come(server, facility, "retired", "retired-password")
        assert status == 422 and visitor.ask("/account")[0] == 303
        assert "ディレクトリにいません" in tried(admin, "retired", "retired-password")
        assert "パスワードは合っています" in tried(admin, "hanako", "hanako-password")
        for fits in ("(employeeType=retired)", ""):
            saved(admin, slapd, house, filter=fits, **way)
            assert come(server, facility, "retired", "retired-password")[1][0] == 303


def test_a_trial_says_more_than_the_door(admin, slapd, house):
    """管理者が試すと、いない、二人いる、違う、変えなければならない、止まっている、を言い分ける。"""
    with slapd.serve(directory(it=["hanako"], audit=["hanako"])):
        saved(admin, slapd, house, group_auditor=AUDIT)
        shown = tried(admin, "hanako", "hanako-password")
        assert "パスワードは合っています" in shown and IT in shown and AUDIT in shown
        assert "uuid:00000000-0000-4000-8000-000000000001" in shown and "hanako-password" not in shown
        assert "グループに、役割が" in tried(admin, "jiro", "jiro-password")
        assert "ディレクトリにいません" in tried(admin, "nobody-there", "x")
        assert "二人以上" in tried(admin, "twin", "twin-password")
        assert "パスワードが違います" in tried(admin, "hanako", "wrong")
        assert "パスワードを変えるように" in tried(admin, "late", "late-password")
        assert "ロックされています" in tried(admin, "locked", "locked-password")
        assert admin.ask("/sign-on/directory")[0] == 200


@pytest.mark.parametrize("way", ["attribute", "members"])
def test_groups_decide_the_role_and_leaving_them_takes_it(server, admin, slapd, house, facility, way):
    """グループで役割が決まり、グループから外れると、次のサインインで役割がなくなる。管理者は変わらない。"""
    (_, ident), *_ = others(admin_with_directory(admin, slapd, house, way))
    expect(admin, "hanako", ident)
    page = admin.ask("/sign-on/directory")[2].decode()
    mine = re.search(r'<option value="([0-9a-f-]{36})"[^>]*>田中', page)[1]
    expect(admin, "jiro", mine)
    with slapd.serve(directory(it=[], audit=["hanako", "jiro"])):
        visitor, (status, _, _) = come(server, facility, "hanako", "hanako-password")
        assert status == 303 and visitor.ask("/ledger")[0] == 200
        assert visitor.ask("/mail", {"_token": visitor.token("/account")})[0] == 403
        boss, (status, _, _) = come(server, facility, "jiro", "jiro-password")
        assert status == 303 and boss.ask("/sign-on")[0] == 200
    with slapd.serve(directory(it=["jiro"], audit=[])):
        _, (status, _, body) = come(server, facility, "hanako", "hanako-password")
        assert status == 422 and "グループ" in notice(body)
        # The session from before is over, and so is the role, also for a sign-in with the local password.
        assert visitor.ask("/ledger")[0] == 303
    page = admin.ask(f"/people/{ident}/access")[2].decode()
    assert re.search(r'<option value="staff" selected>|value="staff" checked', page)


def admin_with_directory(admin, slapd, house, way):
    saved(admin, slapd, house, group_way=way, group_auditor=AUDIT.upper().replace(",", ", "))
    return admin


def test_a_person_binds_themselves(server, admin, slapd, house, facility):
    """守り手のパスワードと院内のパスワードの両方を確かめると、自分で結びつけられる。"""
    with slapd.serve(directory()):
        saved(admin, slapd, house)
        token = admin.token("/account/identity")
        fields = {"_token": token, "own-current": PASSWORD, "directory-login": "jiro", "directory-password": "wrong"}
        assert admin.ask("/account/identity/directory", fields)[0] == 422
        fields["directory-password"] = "jiro-password"
        assert admin.ask("/account/identity/directory", {**fields, "own-current": "wrong"})[0] == 422
        assert admin.ask("/account/identity/directory", fields)[0] == 303
        assert come(server, facility, "jiro", "jiro-password")[1][0] == 303


def test_everybody_comes_in_when_the_directory_is_down(server, admin, slapd, house, facility):
    """ディレクトリが止まっていても、守り手の利用者名で入れる。画面は、機械の名前を外の人に言わない。"""
    with slapd.serve(directory()):
        saved(admin, slapd, house)
        expect(admin, "hanako", others(admin)[0][1])
        assert come(server, facility, "hanako", "hanako-password")[1][0] == 303
    _, (status, _, body) = come(server, facility, "hanako", "hanako-password")
    assert status == 422 and "確かめられません" in notice(body) and "127.0.0.1" not in notice(body)
    assert "ポートが閉じています" in checked(admin)
    assert Visitor(server.url).sign_in().ask("/account")[0] == 200
    # Nobody has looked at the password: the failures do not count.
    for _ in range(8):
        assert come(server, facility, "hanako", "hanako-password")[1][0] == 422
    with slapd.serve(directory()):
        assert come(server, facility, "hanako", "hanako-password")[1][0] == 303


def test_failures_here_never_lock_an_account_of_the_house(data, slapd, house, facility):
    """守り手で何度間違えても、院内のアカウントが止まる前に守り手が断る。"""
    with slapd.serve(directory()):
        with Server(data, **OPEN) as server:
            admin = Visitor(server.url).sign_in()
            saved(admin, slapd, house, lock_after="3")
            expect(admin, "hanako", others(admin)[0][1])
            answers = [come(server, facility, name, "wrong")[1][0] for name in ["hanako", "HANAKO", " hanako "] * 3]
            assert answers[0] == 422 and set(answers[1:]) == {429}
            # Not even the right one goes on to the directory now.
            assert come(server, facility, "hanako", "hanako-password")[1][0] == 429
        # The directory would have locked it for ever after three.
        with Server(data, **{**OPEN, "MAMORITE_NOW": str(int(NOW) + 31 * 60_000)}) as server:
            assert come(server, facility, "hanako", "hanako-password")[1][0] == 303
