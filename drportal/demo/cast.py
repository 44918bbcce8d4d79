"""Who works at Harbour Mutual and what it runs. Invented; only data here."""

from __future__ import annotations

from typing import NamedTuple

PASSWORD = "fjord-lantern-42"  # noqa: S105 (the demo's; `manage.py demo` refuses to run in production)

TEAMS = {
    "Platform": "Networks, sign-on, integration, build and monitoring",
    "Payments": "Money in and out, fraud and sanctions checks",
    "Claims": "From the first call to the settled claim",
    "Policy": "Products, quotes, policies and their book of record",
    "Digital": "Everything that customers and brokers touch",
    "Data": "Warehouse, archive and reference data",
    "Finance": "Books, reserves, treasury, commissions",
    "Workplace": "Mail, service desk, training, buildings",
}


class Person(NamedTuple):
    key: str
    name: str
    title: str
    teams: tuple[str, ...] = ()
    time_zone: str = "Europe/Oslo"
    staff: bool = False
    mailing: str = "at-once"

    @property
    def email(self) -> str:
        return f"{self.name.lower().replace(' ', '.').replace('ø', 'o').replace('å', 'a')}@harbour-mutual.example"


PEOPLE = (
    Person("maren", "Maren Holt", "Head of operations", staff=True),
    Person("jonas", "Jonas Lindqvist", "Platform lead", ("Platform",), "Europe/Stockholm", staff=True),
    Person("david", "David Okafor", "Chief operating officer", time_zone="Europe/London"),
    Person("piet", "Piet de Vries", "Director of technology", time_zone="Europe/Amsterdam"),
    Person("aiko", "Aiko Tanaka", "Business continuity planner"),
    Person("lena", "Lena Fischer", "Head of communications", time_zone="Europe/Berlin"),
    Person("samuel", "Samuel Adeyemi", "Internal auditor", time_zone="Europe/London"),
    Person("ingrid", "Ingrid Solberg", "Director of claims"),
    Person("priya", "Priya Raman", "Head of payments business", time_zone="Europe/London"),
    Person("hanna", "Hanna Virtanen", "Director of insurance products", time_zone="Europe/Helsinki"),
    Person("oskar", "Oskar Berge", "Chief financial officer"),
    Person("clara", "Clara Jensen", "Director of customers", time_zone="Europe/Copenhagen", mailing="daily"),
    Person("marek", "Marek Nowak", "Head of workplace services", time_zone="Europe/Warsaw"),
    Person("tomas", "Tomas Reyes", "Payments engineering manager", ("Payments",)),
    Person("elif", "Elif Kaya", "Claims product owner", ("Claims",)),
    Person("ravi", "Ravi Menon", "Claims engineer", ("Claims",)),
    Person("noor", "Noor Haddad", "Policy systems architect", ("Policy",)),
    Person("sofia", "Sofia Lund", "Policy engineer", ("Policy",)),
    Person("erik", "Erik Dahl", "Digital engineering manager", ("Digital",)),
    Person("mei", "Mei Chen", "Mobile engineer", ("Digital",), mailing="daily"),
    Person("yusuf", "Yusuf Aydin", "Data platform engineer", ("Data",), "Europe/Istanbul"),
    Person("anna", "Anna Kowalska", "Finance systems owner", ("Finance",), "Europe/Warsaw"),
    Person("bjorn", "Bjørn Haugen", "Service desk lead", ("Workplace",)),
    Person("grace", "Grace Mbeki", "Site reliability engineer", ("Platform",), "Africa/Johannesburg"),
    Person("liam", "Liam Walsh", "Payments engineer", ("Payments",), "Europe/Dublin"),
)

# role: (holder, deputy); None is a vacancy. The communication lead's deputy has moved on; the sponsor's deputy is acting in
# the continuity planner's role nowhere, so that each kind of gap shows once.
ORGANISATION_ROLES: tuple[tuple[str, str | None, str | None], ...] = (
    ("head-of-operations", "maren", "jonas"),
    ("it-operations", "jonas", "grace"),
    ("continuity-planner", None, "aiko"),
    ("communication-lead", "lena", None),
    ("executive-sponsor", "david", "piet"),
    ("auditor", "samuel", None),
)

# The business stakeholder (holder, deputy) and the workload team's lead (holder, deputy) by owner team.
TEAM_ROLES = {
    "Platform": (("marek", "maren"), ("jonas", "grace")),
    "Payments": (("priya", "oskar"), ("tomas", "liam")),
    "Claims": (("ingrid", "clara"), ("elif", "ravi")),
    "Policy": (("hanna", "ingrid"), ("noor", "sofia")),
    "Digital": (("clara", "hanna"), ("erik", "mei")),
    "Data": (("oskar", "hanna"), ("yusuf", None)),
    "Finance": (("oskar", "priya"), ("anna", None)),
    "Workplace": (("marek", None), ("bjorn", None)),
}

CONTACTS = (
    (
        "Duty line",
        "Nordic Colocation",
        "vendor",
        "noc@nordic-colo.example",
        "+47 21 00 11 00",
        "Both data centres, day and night",
    ),
    (
        "Service desk",
        "Kronos Card Network",
        "vendor",
        "ops@kronos-cards.example",
        "+46 8 000 22 33",
        "Card payments; contract CN-2231",
    ),
    (
        "Account manager",
        "Fjord Telecom",
        "vendor",
        "corporate@fjord-tele.example",
        "+47 21 00 33 00",
        "Lines and telephone numbers",
    ),
    (
        "Incident desk",
        "Financial Supervisory Authority",
        "regulator",
        "incidents@fsa.example",
        "+47 22 00 00 10",
        "First notice within 4 hours",
    ),
    ("Fire and rescue", "City of Bergen", "emergency", "", "110", "Building alarm at the harbour office"),
    ("Press office", "Nordlys News Agency", "other", "desk@nordlys.example", "", "Takes statements at any hour"),
)


class Load(NamedTuple):
    """One workload: name, team, purpose, tier, RTO and RPO as people write them, and where its story stands."""

    name: str
    team: str
    purpose: str
    tier: int
    rto: str
    rpo: str
    story: str = "signed"  # signed | overdue | due | review | half | proposed | rejected | withdrawn | none | raised
    drills: str = ""  # newest first: m(et) x(missed) c(laimed) t(abletop) r(estore, met)
    lifecycle: str = "live"
    tags: str = ""
    shared: bool = False


UNITS = {
    "Platform": "Group IT", "Payments": "Group finance", "Claims": "Retail insurance", "Policy": "Retail insurance",
    "Digital": "Customers and brokers", "Data": "Group IT", "Finance": "Group finance", "Workplace": "Shared services",
}  # fmt: skip

WORKLOADS = (
    Load("Identity and Sign-on", "Platform", "Signs in staff, brokers and systems. Nothing else starts without it; needs Core Network and Secrets Vault.", 0, "60 s", "5 s", "signed", "mmt", tags="security", shared=True),
    Load("Core Network", "Platform", "Sites, private lines and name service for everything we run.", 0, "60 s", "0 s", "signed", "mm", shared=True),
    Load("Policy Ledger", "Policy", "Book of record for 1.4 million policies. Needs Identity and Sign-on; Claims Intake and Quote Engine stop without it.", 0, "60 s", "5 s", "signed", "xm", tags="record"),
    Load("Fraud Screening", "Payments", "Checks each payout in under a second before it is released. Needs Policy Ledger and Sanctions Check.", 0, "60 s", "5 s", "signed", "mc", tags="money"),
    Load("Secrets Vault", "Platform", "Keys and credentials of all systems; the ledger and the payment systems read from it at start.", 0, "60 s", "0 s", "due", "t", tags="security", shared=True),
    Load("Payment Hub", "Payments", "Pays claims and collects premiums, € 1.9 million an hour. Needs Policy Ledger, Fraud Screening and the card network.", 1, "5 min", "5 s", "raised", "cm", tags="money,customers"),
    Load("Claims Intake", "Claims", "First notice of loss from phone, web, app and garages; 2,300 new claims on a normal day. Needs Policy Ledger and Document Store.", 1, "15 min", "5 min", "due", "mx", tags="customers"),
    Load("Customer Portal", "Digital", "Policies, claims and documents for 610,000 customers. Needs Identity and Sign-on and Policy Ledger.", 1, "15 min", "5 min", "overdue", "c", tags="customers,public"),
    Load("Broker Portal", "Digital", "Quotes and binding for 900 brokers. Needs Quote Engine and Policy Ledger.", 1, "15 min", "5 min", "half", "m", tags="brokers"),
    Load("Claims Desk", "Claims", "Case work of 240 adjusters, from reserve to settlement. Needs Claims Intake and Payment Hub.", 1, "15 min", "5 min", "signed", "mm"),
    Load("Quote Engine", "Policy", "Prices for all products, 40 a second at noon. Needs Product Catalogue.", 1, "10 min", "5 min", "signed", "m", tags="customers"),
    Load("Contact Centre", "Claims", "Cases and conversations of the contact centre. Needs Telephony and Customer Portal.", 1, "15 min", "5 min", "signed", "c"),
    Load("Contact Centre Telephony", "Claims", "Phone lines and queues; 11,000 calls a day. Needs the lines of Fjord Telecom.", 1, "15 min", "0 s", "signed", "mt", tags="vendor"),
    Load("Mobile App", "Digital", "Claims, cards and messages on the phone. Needs Customer Portal and Identity and Sign-on.", 1, "15 min", "5 min", "signed", "c", tags="customers,public"),
    Load("Payment Files", "Payments", "Bank files in and out, four cut-off times a day. Needs Payment Hub and File Exchange.", 1, "15 min", "1 min", "signed", "m", tags="money"),
    Load("Policy Documents", "Policy", "Prints and sends policy papers. Needs Document Store and Address Service.", 1, "15 min", "5 min", "proposed", "m"),
    Load("Partner Interface", "Digital", "Calls from banks, car dealers and garages. Needs Quote Engine and Integration Bus.", 1, "15 min", "5 min", "signed", "m", tags="brokers"),
    Load("Roadside Assist", "Claims", "Dispatch of tow trucks, day and night. Needs Contact Centre Telephony.", 1, "10 min", "1 min", "overdue", "cx", tags="customers"),
    Load("Product Catalogue", "Policy", "Terms, cover and tariffs, read by every quote.", 1, "10 min", "5 min", "signed", "m", tags="record"),
    Load("E-mail and Calendar", "Workplace", "Mail for 1,900 people. Runs at a provider.", 1, "15 min", "5 min", "signed", "c", tags="vendor"),
    Load("Integration Bus", "Platform", "Messages between 70 systems; most of them wait when it stands still.", 1, "10 min", "1 min", "due", "mm", shared=True),
    Load("Public Website", "Digital", "Information and first contact; the status page in a crisis.", 1, "15 min", "1 h", "signed", "c", tags="public"),
    Load("Sanctions Check", "Payments", "Names against the lists of three authorities before money leaves.", 1, "15 min", "5 min", "review", "m", tags="money"),
    Load("Document Store", "Platform", "Scans, letters and photographs, 90 million of them. Claims cannot be saved without it.", 2, "4 h", "4 h", "signed", "mr", tags="record", shared=True),
    Load("Data Warehouse", "Data", "Reporting and the figures for the regulator. Fed by Policy Ledger and General Ledger every night.", 2, "4 h", "4 h", "overdue", "c"),
    Load("Reserving Models", "Finance", "Actuarial reserves at month-end. Needs Data Warehouse.", 2, "4 h", "4 h", "signed", "m"),
    Load("General Ledger", "Finance", "Books of account of four companies.", 2, "4 h", "1 h", "signed", "r", tags="record"),
    Load("Reinsurance", "Policy", "Treaties and recoveries from 31 reinsurers.", 2, "4 h", "4 h", "signed", "x"),
    Load("Underwriting Bench", "Policy", "Risk review of large policies by 60 underwriters.", 2, "4 h", "2 h", "signed", "m"),
    Load("Intranet", "Workplace", "News, guidance and the staff directory.", 2, "4 h", "4 h", "proposed", ""),
    Load("Service Desk", "Workplace", "Tickets of all IT teams; the first place to look in an outage.", 2, "4 h", "1 h", "signed", "c"),
    Load("Monitoring", "Platform", "Probes, alerts and dashboards. Must be up before anything else can be judged.", 2, "1 h", "4 h", "signed", "m", shared=True),
    Load("Code and Pipelines", "Platform", "Source, builds and releases; recovery of anything else needs it within the day.", 2, "4 h", "1 h", "half", "m", shared=True),
    Load("File Exchange", "Platform", "Large files with banks, printers and authorities.", 2, "4 h", "4 h", "review", "m", tags="brokers"),
    Load("Campaigns", "Digital", "Letters and e-mail to customers.", 2, "4 h", "4 h", "due", "m"),
    Load("Workforce Planning", "Workplace", "Shifts of the contact centre.", 2, "4 h", "4 h", "overdue", "m"),
    Load("Supplier Portal", "Claims", "640 garages and repairers send estimates here.", 2, "4 h", "2 h", "signed", "m", tags="brokers"),
    Load("Commission Runs", "Finance", "Pays brokers each month. Needs Policy Ledger and Payment Files.", 2, "4 h", "4 h", "signed", "m", tags="money"),
    Load("Treasury Desk", "Finance", "Cash and investments, two dealers.", 2, "4 h", "1 h", "review", "m", tags="money"),
    Load("Complaints Register", "Claims", "Complaints with deadlines set by law.", 2, "4 h", "1 h", "signed", ""),
    Load("Translation Service", "Digital", "Letters in four languages, at a provider.", 2, "4 h", "4 h", "due", "x", tags="vendor"),
    Load("Address Service", "Data", "Checks postal addresses; others type by hand without it.", 2, "4 h", "4 h", "overdue", "m", shared=True),
    Load("Expense Claims", "Finance", "Expenses of staff.", 2, "4 h", "4 h", "signed", "c"),
    Load("Meeting Rooms", "Workplace", "Bookings and screens of 44 rooms.", 2, "24 h", "24 h", "rejected", ""),
    Load("Pricing Laboratory", "Policy", "Tariff studies before a launch.", 2, "4 h", "4 h", "withdrawn", ""),
    Load("Video Appraisal", "Claims", "Adjusters look at damage through the customer's camera. Needs Mobile App.", 2, "2 h", "4 h", "signed", "m", tags="customers"),
    Load("Consent Register", "Digital", "Who agreed to what kind of letter; the law wants it findable.", 2, "4 h", "1 h", "signed", "r", tags="record"),
    Load("Payroll", "Finance", "Pays 1,900 people on the 12th. Runs at a provider.", 2, "4 h", "4 h", "signed", "c", tags="vendor,money"),
    Load("Archive Vault", "Data", "Closed policies, kept for ten years.", 3, "72 h", "24 h", "review", "r", tags="record"),
    Load("Training Portal", "Workplace", "Courses and certificates of the advisers.", 3, "72 h", "24 h", "signed", ""),
    Load("Analyst Sandbox", "Data", "Free analysis on copies of last night's data.", 3, "72 h", "24 h", "overdue", "r"),
    Load("Test Environments", "Platform", "Copies of production for release tests.", 3, "72 h", "24 h", "signed", "r"),
    Load("Legacy Motor Book", "Policy", "Motor policies sold before 2009, read-only, running off.", 3, "72 h", "24 h", "signed", "r", lifecycle="retiring"),
    Load("Facility Register", "Workplace", "Buildings, keys and alarm codes.", 3, "72 h", "24 h", "due", "r"),
    Load("Library of Models", "Data", "Old versions of pricing and reserve models.", 3, "72 h", "24 h", "signed", ""),
    Load("Chat Assistant", "Digital", "Answers simple questions on the website. Still a trial with 5 % of visitors.", 2, "4 h", "4 h", "none", "", lifecycle="planned"),
    Load("Pet Insurance Launch", "Policy", "New product line, goes live in spring.", 2, "4 h", "4 h", "none", "", lifecycle="planned"),
    Load("Branch Printers", "Workplace", "Printing in the eleven branches.", 3, "72 h", "24 h", "none", ""),
    Load("Carbon Report", "Finance", "Figures for the yearly sustainability report.", 3, "72 h", "24 h", "none", ""),
    Load("Old Claims Archive", "Claims", "Claims before 2004 on a platform that is switched off in June.", 3, "72 h", "24 h", "none", "", lifecycle="retired"),
)  # fmt: skip

REASONS = {
    0: "A stop of more than a minute leaves money or policies in doubt and is reported to the regulator from the second hour.",
    1: "Customers notice within minutes and call; each hour costs about € 40,000 in work that has to be done twice.",
    2: "Work can wait for half a day. After that the backlog takes longer to clear than the outage lasted.",
    3: "Nobody outside notices for days, but the records have to survive: losing them would break the law.",
}
GAPS = (
    ("Raise the connection limit on the standby database", "The limit was still that of the test system."),
    ("Write the order of starts into the runbook", "Two people waited for each other for four minutes."),
    ("Shorten the time to live of the name records", "Half of the clients kept the old address for nine minutes."),
    ("Give the deputy the key to the second vault", "Only one person could open it, and she was on leave."),
    ("Let a probe record when the service is healthy", "The time was typed from memory after the drill."),
    ("Copy the photographs before the letters", "Adjusters need the photographs first."),
)
SCENARIOS = (
    "The primary data centre loses power and stays dark for a day.",
    "A faulty change corrupts the database and is copied to the standby within seconds.",
    "The provider's region is gone; its status page says “investigating”.",
    "Attackers encrypt the virtual machines; backups are the only clean copy.",
)
