"""What the workloads of Harbour Mutual do, are made of, need, and how they can fail. Invented; only data here.

Flows: `name | what it does | who relies on it | what happens when it is down`, a `!` before the name of a critical one, own
targets as `RTO / RPO` at the end. Needs: a name alone is hard, with recovery at the same time; `+name` after it;
`~name: what remains` is soft; `@name` is a third party.
"""

from __future__ import annotations

from typing import NamedTuple


class Outside(NamedTuple):
    """A third party; `days` is how long the promise still holds, negative when it has expired."""

    name: str
    vendor: str
    rto: str
    rpo: str
    document: str
    days: int | None
    has_failover: bool | None
    contact: str = ""
    note: str = ""


THIRD_PARTIES = (
    Outside("Card network", "Kronos Card Network", "30 s", "0 s", "Contract CN-2231, annex 4", 410, True, "Kronos Card Network"),
    Outside("Telephone lines", "Fjord Telecom", "10 min", "0 s", "Service description FT-7, page 3", -23, True, "Fjord Telecom", "The new contract waits for a signature on their side."),
    Outside("Data centres", "Nordic Colocation", "30 s", "0 s", "Master agreement 2024, schedule B", 760, True, "Nordic Colocation"),
    Outside("Mailboxes", "Polarmail", "15 min", "5 min", "Online service terms, May edition", 190, True),
    Outside("Payroll bureau", "Lønn & Co", "4 h", "4 h", "Agreement 88-14", 95, True),
    Outside("Translators' platform", "Lingua Nord", "4 h", "4 h", "Order form of 2 March", 150, False, "", "One site only; they say that a second one is planned."),
    Outside("Sanctions lists", "Listwatch", "15 min", "5 min", "Subscription LW-450", 300, True),
    Outside("Text messages", "Signalbro", "15 min", "0 s", "Price list with service levels", 33, None),
    Outside("Print house", "Bergen Trykk", "4 h", "4 h", "Framework contract 2025-03", 240, True),
)  # fmt: skip

FLOWS = {
    "Identity and Sign-on": """
!Sign in staff | Password, key and group membership of everybody on the payroll | 1,900 people from six in the morning | Nobody new gets in; who is signed in stays so for an hour
!Sign in systems | Tickets that one system shows another | 140 systems | Payments and quotes stop as the tickets run out
Reset a password | Self-service with the phone | About 60 people a day | The service desk does it by hand | 4 h / 5 s""",
    "Core Network": """
!Reach the data centres | Lines between eleven sites and both data centres | Everybody | Sites work alone, with what they hold locally
!Find systems by name | Name service inside and outside | All systems | New connections fail within minutes""",
    "Policy Ledger": """
!Look up a policy | Cover, sums and history of 1.4 million policies | Claims, quotes, portals, 2,000 reads a second | Claims and quotes stop; no paper replaces it
!Book a policy | New policies, changes and cancellations | Brokers, advisers, portals | Sold policies queue for minutes, then cover is in doubt
Hand over to the books | Premiums of the day for the General Ledger | Finance, each night | Next night catches up | 24 h / 5 s""",
    "Fraud Screening": """
!Check a payout | Score in under a second before money leaves | Payment Hub, 9,000 payouts a day | Payouts wait, or leave unchecked above the limit
Look into a case | Cases for the investigators | 14 investigators | They work from yesterday's list | 4 h / 5 s""",
    "Secrets Vault": """
!Read a key at start | Keys and credentials for starting systems | Ledger and payment systems | What runs goes on; nothing can be started again
Change a key | New credentials on a schedule | Platform team | Rotation waits""",
    "Payment Hub": """
!Pay a claim | Money to customers and repairers | 9,000 payouts a day | € 1.9 million an hour stand still; emergencies are paid by bank letter
!Collect a premium | Cards and direct debits | Customers, € 0.8 million an hour | Direct debits wait for the next run; cards are refused
Answer where the money is | Status of a payment | Claims Desk, Contact Centre | Staff ask the treasury desk by phone | 1 h / 5 s""",
    "Claims Intake": """
!Report a loss by phone | Advisers take the first notice with the caller | Customers, day and night | Paper form; typed in within two hours
!Report a loss online | Web and app, with photographs | Customers, brokers | The page shows the phone number
Garage sends an estimate | Estimates beside the claim | 640 repairers | Queues for up to a day | 4 h / 15 min""",
    "Customer Portal": """
!See policies and claims | Cover, documents and the state of a claim | 610,000 customers | They call; waiting time triples within half an hour
!Change cover | New car, new address, more people | 4,000 customers a day | Advisers do it by phone until the queue is full
Download a tax statement | Yearly statements | Customers in March | They wait | 24 h / 5 min""",
    "Broker Portal": """
!Bind a policy | From the quote to cover | 900 brokers | Brokers phone; cover note by e-mail
Quote for a customer | Prices beside those of others | Brokers | They quote elsewhere
Look up commission | Statements of the month | Brokers | They wait | 24 h / 24 h""",
    "Claims Desk": """
!Settle a claim | From reserve to payout | 240 adjusters | They note decisions and type them in later; payouts wait
Assign an appraiser | Who looks at the damage and when | 60 appraisers | Team leads phone | 4 h / 5 min""",
    "Quote Engine": """
!Price a product | All tariffs, 40 a second at noon | Portals, brokers, partners | Nobody can be quoted; competitors can
Recalculate at renewal | Prices of next month's renewals | Policy team, nightly | The night after | 24 h / 5 min""",
    "Contact Centre": """
!Handle a call | Customer, history and next step on one screen | 320 advisers | Advisers take notes on paper
Answer a message | E-mail and chat | Customers, 2,000 a day | Answers take a day longer | 4 h / 5 min""",
    "Contact Centre Telephony": """
!Take a call | Numbers, queues and routing | 11,000 callers a day | Callers hear a recorded message
Record a call | Recordings that the supervisor asks for | Quality team, regulator | Calls go on without a recording""",
    "Mobile App": """
!Show the insurance card | Card for garage, doctor and police | 270,000 customers | Cards kept on the phone still open
Report a loss with photographs | Pictures from the place | Customers | They use the web or call
Message an adviser | Conversations | Customers | They call""",
    "Payment Files": """
!Send the bank files | Four cut-off times a day | Banks, Treasury | A missed cut-off pays a day late, with interest
Read the bank statements | Incoming money, each hour | Finance | Booked with the next file | 4 h / 1 min""",
    "Policy Documents": """
!Send a certificate | Papers that the road authority asks for | New car owners | They drive with a cover note by e-mail
Print renewals | 30,000 letters a week | Customers | The print house works a day later | 24 h / 5 min""",
    "Partner Interface": """
!Sell through a partner | Quotes and policies for banks and car dealers | 14 partners | Partners show another insurer
Report a loss through a garage | Claims from repair shops | 640 repairers | They phone | 1 h / 5 min""",
    "Roadside Assist": """
!Send a tow truck | From the call to the nearest truck | 400 callers a day, more in frost | Dispatchers phone garages from a list
Follow the truck | Where it is and when it comes | Customers, dispatchers | Customers call again""",
    "Product Catalogue": """
!Read terms and tariffs | Cover, limits and tariff tables | Quote Engine, on every quote | Quotes stop when its copy runs out after ten minutes
Publish a tariff | New prices with an approval | Product managers | They publish tomorrow | 24 h / 5 min""",
    "E-mail and Calendar": """
!Send and receive mail | Mail inside and outside | 1,900 people | Phone and chat; nothing is lost, it arrives late
Plan a meeting | Calendars | Everybody | People ask each other""",
    "Integration Bus": """
!Pass messages on | 70 systems, 3 million messages a day | Most systems | Messages wait with the sender for an hour
Replay messages | After an error | Platform team | They wait""",
    "Public Website": """
!Show how to reach us | Phone numbers, and the status page in a crisis | Everybody | The press hears it first from others
Read about products | Product pages | Visitors, 30,000 a day | They come back, or not""",
    "Sanctions Check": """
!Check a name | Names against the lists of three authorities | Payments, 9,000 a day | Payments to new payees wait
Load new lists | Changes of the authorities, hourly | Compliance | The last lists count for a day""",
    "Document Store": """
!Save a document | Scans, letters and photographs | Claims Intake, portals | Claims cannot be saved
Find a document | 90 million of them | 700 staff | Staff work from notes""",
    "Data Warehouse": """
!Report to the regulator | Figures of the month | Finance, compliance | The deadline is the tenth working day
Run a dashboard | Yesterday's figures | 200 managers | Yesterday's print is read again""",
    "Reserving Models": """
!Set the reserves | Actuarial reserves at month-end | Actuaries, the board | The closing waits; two days are lost at most
Try an assumption | Runs for discussion | 9 actuaries | They wait""",
    "General Ledger": """
!Close the month | Books of four companies | Finance, auditors | The closing is late and has to be announced
Book an invoice | 400 invoices a day | Suppliers | They are booked tomorrow""",
    "Reinsurance": """
!Announce a large loss | Notices within the term of the treaty | 31 reinsurers | By letter; terms are counted in days
Settle quarterly | Accounts with reinsurers | Finance | A week later""",
    "Underwriting Bench": """
!Decide on a large risk | Files, limits and approval | 60 underwriters | Decisions wait until the afternoon
Ask for an inspection | Orders to surveyors | Surveyors | By phone""",
    "Intranet": """
!Tell the staff | News, and what to do in a crisis | 1,900 people | Team leads phone their people
Find a colleague | Staff directory | Everybody | The switchboard helps""",
    "Service Desk": """
!Report an incident | Tickets of all IT teams | 1,900 people | Phone and a sheet on the wall
Ask for equipment | Orders | Staff | They wait""",
    "Monitoring": """
!Raise an alarm | Probes of all systems, every ten seconds | People on duty | Customers tell us first
Judge a recovery | What is healthy again | Recovery leads | Each team looks for itself""",
    "Code and Pipelines": """
!Release a correction | From source to production | All developers | Emergency changes by hand, with two people
Review a change | Discussion and approval | 160 developers | They wait""",
    "File Exchange": """
!Exchange files with banks | Large files, signed | Payment Files, banks | Sent by the bank's own portal
Send to the printer | Print files at night | Policy Documents | The day after""",
    "Campaigns": """
!Call back a product | Letters to all who hold it | Product managers, regulator | Letters by the print house from a list
Send a newsletter | Monthly | 300,000 customers | Nobody misses it for days""",
    "Workforce Planning": """
!Fill tomorrow's shifts | Who answers calls when | 320 advisers | Last week's plan is used again
Ask for leave | Requests | Advisers | They ask the team lead""",
    "Supplier Portal": """
!Take an estimate | Estimates with photographs | 640 garages | They send e-mails, typed in later
Pay a repairer | What is owed and when | Repairers | They call""",
    "Commission Runs": """
!Pay the brokers | Each month on the fifth | 900 brokers | A day late is noticed, three days cost trust
Answer a question on a statement | Details of the run | Broker service | They wait""",
    "Treasury Desk": """
!Cover the day's payments | Cash on the right account by noon | Two dealers | Banks are phoned; limits are tight
Buy and sell | Investments | Dealers | Markets are watched by hand""",
    "Complaints Register": """
!Keep a deadline | Deadlines set by law | 12 handlers, the ombudsman | Deadlines run on; a printed list is kept
Write an answer | Letters with approval | Customers | A day later""",
    "Translation Service": """
!Translate a letter | Letters in four languages | Contact Centre, Claims Desk | Letters in English, with an apology
Keep the glossary | Terms | Digital team | It waits""",
    "Address Service": """
!Check an address | Spelling and postcode while somebody types | Intake, portals | People type by hand; one in thirty letters comes back
Clean the register | Monthly run | Data team | Next month""",
    "Expense Claims": """
!Pay back an expense | Receipts to payout | 1,900 people | They wait a week without harm
Approve an expense | Approval by the lead | 140 leads | They wait""",
    "Meeting Rooms": """
Book a room | 44 rooms | Staff | First come, first served
Show a screen | Screens in the rooms | Staff | Paper""",
    "Pricing Laboratory": """
Study a tariff | What a new price does | 12 analysts | The launch moves
Keep a study | Studies with their data | Analysts | They wait""",
    "Video Appraisal": """
!Look at damage from afar | Through the customer's camera | 40 adjusters, 300 calls a day | An appraiser drives there, two days later
Keep the pictures | Pictures beside the claim | Claims Desk | They are kept on the adjuster's device""",
    "Consent Register": """
!Answer what was agreed | Who agreed to what | Campaigns, each sending | Nothing is sent
Withdraw a consent | By letter, phone or portal | Customers | Written down and typed in within a day""",
    "Payroll": """
!Pay the salaries | On the 12th | 1,900 people | Last month's amounts are paid again and corrected
Print a payslip | Payslips | Staff | Later""",
    "Archive Vault": "Find a closed policy | Ten years back | Auditors, courts | They get it within the week",
    "Training Portal": "Renew a certificate | Courses that the law asks for | 320 advisers | Terms are extended",
    "Analyst Sandbox": "Try a question | Copies of last night's data | 30 analysts | They wait",
    "Test Environments": "Test a release | Copies of production | Developers | Releases move by days",
    "Legacy Motor Book": "Look up an old policy | Motor policies sold before 2009, read-only | Claims staff, tow dispatch | Cover is believed and checked later",
    "Facility Register": "Find an alarm code | Buildings, keys and codes | Caretakers | A sealed envelope at reception",
    "Library of Models": "Read an old model | Versions behind past decisions | Actuaries, auditors | They wait",
    "Chat Assistant": "Answer a simple question | Trial on the website | 5 % of visitors | They call",
    "Branch Printers": "Print in a branch | Letters and contracts | Eleven branches | They send from the head office",
}  # fmt: skip

COMPONENTS = {
    "Identity and Sign-on": "Directory: database | Sign-in page: application | Ticket service: application",
    "Core Network": "Lines of site A: line | Lines of site B: line | Name servers: service",
    "Policy Ledger": "Ledger database: database | Booking service: application | Change feed: queue",
    "Fraud Screening": "Scoring service: application | Rule store: database",
    "Secrets Vault": "Vault cluster: service | Hardware module: device",
    "Payment Hub": "Payment database: database | Router: application | Card gateway: interface | Retry queue: queue",
    "Claims Intake": "Intake service: application | Claims database: database | Photo queue: queue",
    "Customer Portal": "Web pages: application | Session store: cache | Portal interface: interface",
    "Broker Portal": "Web pages: application | Cover note printer: job",
    "Claims Desk": "Case work: application | Case database: database",
    "Quote Engine": "Pricing service: application | Tariff cache: cache",
    "Contact Centre": "Desktop: application | Conversation store: database",
    "Contact Centre Telephony": "Voice gateway: device | Queue control: application",
    "Mobile App": "App: application | App interface: interface | Push sender: job",
    "Payment Files": "File writer: job | File archive: store",
    "Policy Documents": "Composer: application | Template store: database",
    "Partner Interface": "Gateway: interface | Partner keys: store",
    "Roadside Assist": "Dispatch: application | Map service: service",
    "Product Catalogue": "Catalogue: application | Catalogue database: database",
    "E-mail and Calendar": "Connector: interface",
    "Integration Bus": "Broker cluster: queue | Adapters: application",
    "Public Website": "Pages: application | Status page: application",
    "Sanctions Check": "Matcher: application | List store: database",
    "Document Store": "Object store: store | Index: database | Scan intake: job",
    "Data Warehouse": "Warehouse: database | Nightly load: job",
    "General Ledger": "Books: database | Booking service: application",
    "Service Desk": "Ticket system: application",
    "Monitoring": "Probes: job | Time series: database | Alarm sender: application",
    "Code and Pipelines": "Source store: store | Build runners: job",
    "Supplier Portal": "Web pages: application | Estimate queue: queue",
    "Video Appraisal": "Video bridge: service | Picture store: store",
    "Consent Register": "Register: database",
}

NEEDS = {
    "Identity and Sign-on": ["Core Network", "Secrets Vault", "~@Text messages: Sign-in with a key instead of a code by text."],
    "Core Network": ["@Data centres"],
    "Policy Ledger": ["Identity and Sign-on", "Core Network", "Secrets Vault", "~Integration Bus: Books on; feeds catch up later."],
    "Fraud Screening": ["Policy Ledger", "Core Network", "~Sanctions Check: Known payees are released; new ones wait."],
    "Secrets Vault": ["Core Network"],
    "Payment Hub": ["Policy Ledger", "Fraud Screening", "Secrets Vault", "Identity and Sign-on", "@Card network", "~Payment Files: Cards go on; transfers wait for the next cut-off.", "~Sanctions Check: Known payees are paid."],
    "Claims Intake": ["Policy Ledger", "Identity and Sign-on", "~Document Store: Notices are taken; photographs follow later.", "~Address Service: Addresses are typed by hand.", "~Contact Centre Telephony: Web, app and garages go on."],
    "Customer Portal": ["Identity and Sign-on", "Policy Ledger", "~Claims Intake: Policies are shown; losses are reported by phone.", "~Document Store: Papers are missing, figures are there.", "~Payment Hub: Nothing can be paid online."],
    "Broker Portal": ["Policy Ledger", "Identity and Sign-on", "~Quote Engine: Saved quotes can be bound.", "~Policy Documents: Cover note by e-mail."],
    "Claims Desk": ["Claims Intake", "Payment Hub", "Identity and Sign-on", "~Translation Service: Letters in English.", "~Video Appraisal: An appraiser drives there."],
    "Quote Engine": ["Product Catalogue", "Core Network", "~Address Service: Prices by postcode only."],
    "Contact Centre": ["Contact Centre Telephony", "Customer Portal", "Identity and Sign-on", "~Claims Desk: Advisers promise to call back.", "~Workforce Planning: Last week's shifts."],
    "Contact Centre Telephony": ["Core Network", "@Telephone lines"],
    "Mobile App": ["Customer Portal", "Identity and Sign-on", "~@Text messages: Messages inside the app only."],
    "Payment Files": ["+Payment Hub", "~File Exchange: Files are put into the bank's own portal by hand.", "~Treasury Desk: Standing limits are used."],
    "Policy Documents": ["Policy Ledger", "Document Store", "~Address Service: Addresses are typed by hand.", "~@Print house: Papers by e-mail."],
    "Partner Interface": ["Quote Engine", "Integration Bus", "Identity and Sign-on"],
    "Roadside Assist": ["Core Network", "~Contact Centre Telephony: Calls come on the dispatchers' own phones.", "~Mobile App: Customers call instead.", "~Policy Ledger: Everybody gets a truck; cover is checked later."],
    "Product Catalogue": ["Core Network", "Secrets Vault"],
    "E-mail and Calendar": ["@Mailboxes", "Identity and Sign-on"],
    "Integration Bus": ["Core Network", "Secrets Vault"],
    "Public Website": ["~Core Network: The status page stands outside."],
    "Sanctions Check": ["Core Network", "~@Sanctions lists: The last lists count for a day."],
    "Document Store": ["Identity and Sign-on", "Core Network"],
    "Data Warehouse": ["Core Network", "~Policy Ledger: Last night's figures.", "~General Ledger: Last night's figures.", "~Integration Bus: Loads are done by file."],
    "Reserving Models": ["Data Warehouse", "~Library of Models: Present models only.", "Code and Pipelines"],
    "General Ledger": ["Identity and Sign-on", "~Payment Files: Statements are booked later.", "~Policy Ledger: Premiums are booked the night after."],
    "Reinsurance": ["Policy Ledger", "General Ledger", "~E-mail and Calendar: By letter."],
    "Underwriting Bench": ["Policy Ledger", "+Quote Engine", "~Document Store: Without the file's papers.", "~Pricing Laboratory: Present tariffs."],
    "Intranet": ["Identity and Sign-on", "Core Network"],
    "Service Desk": ["Identity and Sign-on", "~E-mail and Calendar: Tickets by phone.", "~Monitoring: Alarms are typed in."],
    "Monitoring": ["Core Network", "~@Text messages: Alarms by phone call."],
    "Code and Pipelines": ["Identity and Sign-on", "Secrets Vault", "~Test Environments: Released with a second pair of eyes."],
    "File Exchange": ["Core Network", "Identity and Sign-on"],
    "Campaigns": ["Consent Register", "~Address Service: A few letters come back.", "~@Print house: E-mail only.", "~Customer Portal: No personal page."],
    "Workforce Planning": ["Identity and Sign-on", "~Contact Centre Telephony: Forecast from last week."],
    "Supplier Portal": ["Identity and Sign-on", "Claims Intake", "~Document Store: Estimates without photographs."],
    "Commission Runs": ["Policy Ledger", "Payment Files", "~General Ledger: Booked afterwards."],
    "Treasury Desk": ["Identity and Sign-on", "~Payment Files: Balances by phone.", "~General Ledger: Yesterday's positions."],
    "Complaints Register": ["Identity and Sign-on", "~Document Store: Without the letters.", "~Contact Centre: Complaints by e-mail."],
    "Translation Service": ["@Translators' platform"],
    "Address Service": ["Core Network"],
    "Expense Claims": ["+Identity and Sign-on", "~Payment Files: Paid with the next salary."],
    "Meeting Rooms": ["~E-mail and Calendar: A list on the door."],
    "Pricing Laboratory": ["~Data Warehouse: Old extracts.", "~Library of Models: Present models only."],
    "Video Appraisal": ["Mobile App", "~Claims Desk: Notes are typed in later.", "~Document Store: Pictures stay on the device."],
    "Consent Register": ["Identity and Sign-on", "Core Network"],
    "Payroll": ["@Payroll bureau", "~Identity and Sign-on: The bureau's own sign-in.", "~General Ledger: Booked afterwards."],
    "Archive Vault": ["Core Network", "~Document Store: Letters only from the vault."],
    "Training Portal": ["+Identity and Sign-on"],
    "Analyst Sandbox": ["Data Warehouse"],
    "Test Environments": ["Code and Pipelines", "Identity and Sign-on"],
    "Legacy Motor Book": ["Core Network"],
    "Facility Register": ["Core Network"],
    "Library of Models": ["Code and Pipelines"],
    "Chat Assistant": ["Public Website", "~Customer Portal: General answers."],
    "Branch Printers": ["Core Network"],
}  # fmt: skip

# What a workload takes by itself, as its team estimates. The first four begin when what they need is back and keep their promise;
# the last waits, as was found out later, for something that is three days away.
OWN_TIMES = {
    "Payment Files": "9 min", "Underwriting Bench": "2 h", "Training Portal": "4 h", "Expense Claims": "50 min",
    "Roadside Assist": "6 min",
}  # fmt: skip

# What was found out after the targets were signed: days ago, who needs what, and why. The second is a tier inversion, the
# third closes a cycle.
FOUND_LATER = (
    (
        2,
        "Claims Intake",
        "Document Store",
        "Since the release of last week a notice is not saved without its photographs.",
    ),
    (
        40,
        "Roadside Assist",
        "Legacy Motor Book",
        "Cover of the old motor policies is looked up there before a truck leaves.",
    ),
    (12, "Data Warehouse", "Reserving Models", "The regulator's report takes the reserves from there."),
)

# what fails | component | category | what follows | severity, likelihood, noticed (1 to 4) | by what | mitigation
FAILURE_MODES = {
    "Identity and Sign-on": """
Directory is copied with an error in it | Directory | bug | The standby holds the same error | 4 2 3 | Sign-ins fail in the morning | Copy with a delay of one hour
A certificate runs out | Ticket service | bug | Systems refuse each other | 4 3 2 | Probe 30 days before | Renewed by a job, watched by two people""",
    "Core Network": """
Both lines run through one duct | Lines of site A | shared-fate | A digger cuts both | 4 2 1 | Line alarm | Second duct ordered""",
    "Policy Ledger": """
A wrong booking run is replayed | Booking service | bug | Thousands of policies are wrong on both sites | 4 2 3 | Daily balance | Restore to a point in time
The standby has too few connections | Ledger database | load | Failover works, the noon peak does not | 3 3 2 | Connection alarm | Limit raised, tried in the next drill""",
    "Fraud Screening": """
Scores take longer than a second | Scoring service | latency | Payouts time out and queue | 3 3 1 | Latency alarm | Rules are cut to the ten strongest""",
    "Secrets Vault": """
One of two unsealing cards is lost | Hardware module | single-point | The vault cannot be started again | 4 1 4 | Yearly count | Third card at the bank""",
    "Payment Hub": """
The card gateway has one site | Card gateway | single-point | Cards are refused | 3 2 1 | Refusals above 5 % | Second gateway in the spring
The retry queue overflows | Retry queue | load | Payments are sent twice or never | 4 2 3 | Queue length | Stops taking in at 80 %
The database fills up | Payment database | load | No payment is booked | 4 2 1 | Disk alarm | Grows by itself up to a limit""",
    "Claims Intake": """
Photographs hold up the notice | Photo queue | latency | Advisers wait, callers hang up | 3 4 2 | Time to save a notice | Photographs are taken in later
A storm brings six times the calls | Intake service | load | Web and phone slow down together | 4 3 1 | Load alarm | Web first takes short notices""",
    "Customer Portal": """
Sessions are lost with their store | Session store | single-point | Everybody signs in again at once | 2 3 2 | Sign-in peak | Two stores""",
    "Quote Engine": """
A tariff with an error is cached | Tariff cache | bug | Wrong prices are quoted | 3 2 4 | A broker calls | Each tariff is priced against a sample""",
    "Contact Centre Telephony": """
The gateway stands in one room | Voice gateway | single-point | No call comes in | 4 2 1 | Test call every minute | Numbers are turned to mobile phones""",
    "Integration Bus": """
One adapter floods the queue | Adapters | load | 70 systems wait for one | 3 3 2 | Queue length | Each adapter has its share""",
    "Document Store": """
The index is rebuilt after a crash | Index | latency | Nothing is found for three hours | 3 2 2 | Search probe | A second index on the standby
Old photographs are deleted by a rule | Object store | bug | Evidence is missing | 4 1 4 | Nobody, until it is asked for | Deleted things are kept for 90 days""",
    "Data Warehouse": """
The night's load starts late | Nightly load | latency | Yesterday's figures in the morning | 2 4 2 | Load alarm at five | Loaded in the order of need""",
    "General Ledger": """
A closing run stops half-way | Booking service | bug | Two companies are closed, two are not | 3 2 2 | Balance of the run | Runs can be repeated""",
    "Monitoring": """
It falls with what it watches | Alarm sender | shared-fate | Nobody is called | 4 2 4 | Nobody | A probe outside calls when it hears nothing""",
    "Code and Pipelines": """
Build runners need the network's name service | Build runners | shared-fate | No release while the network recovers | 2 2 1 | Builds fail | Two runners with fixed addresses""",
}  # fmt: skip
