"""Words of many trades, from which `synthetic.py` makes random companies. Retail is left out on purpose."""

# entity: attributes. A trailing mark gives the kind: # count, $ money, % ratio, @ date, ! timestamp, ~ name of a row,
# = coded category, ^ place or other repeated text, ? yes/no. No mark is free text.
ENTITIES = """
patient: name~ birth date@ gender= blood type= city^ weight% height% insurance number admitted at! status=
doctor: name~ specialty^ hire date@ salary$ room^ experience years# license number
appointment: start time! duration minutes# fee$ status= reason^ cancelled at!
treatment: name~ cost$ category^ duration days# approved?
prescription: issue date@ dose mg# refills# drug name^
ward: name~ floor# capacity# beds# kind=
flight: flight number~ departure time! arrival time! distance km# price$ status= gate^ delay minutes#
airport: name~ city^ country^ elevation# runways# opened@
airline: name~ country^ founded year# fleet size# rating%
passenger: name~ nationality^ birth date@ loyalty points# tier=
booking: booked at! travel date@ seats# total price$ channel= status=
aircraft: model~ seats# range km# built year# maker^
hotel: name~ city^ stars# rooms# rating% opened@
guest: name~ country^ email phone joined@ vip?
reservation: check in@ check out@ nights# rate$ status= source^
room: room number~ floor# kind= price$ beds#
student: name~ major^ enrolled@ birth date@ credits# grade average% city^ status=
teacher: name~ subject^ hire date@ salary$ degree^
course: title~ credits# level= hours# department^ fee$
class: term^ start date@ capacity# room^ weekday=
exam: exam date@ score% duration minutes# result=
school: name~ city^ founded year# students# budget$
book: title~ genre^ pages# published@ price$ language^ copies#
author: name~ country^ birth date@ awards#
loan: loaned@ due date@ returned@ fine$ status=
library: name~ city^ opened@ budget$
movie: title~ genre^ release date@ budget$ gross$ runtime minutes# rating% language^
actor: name~ birth date@ nationality^ height% awards#
studio: name~ city^ founded year# revenue$
screening: shown at! hall^ tickets sold# price$
song: title~ genre^ length seconds# released@ plays#
artist: name~ country^ debut year# followers# label^
album: title~ release date@ tracks# sales# price$
concert: name~ held on@ city^ attendance# ticket price$
team: name~ city^ founded year# budget$ wins# losses#
player: name~ position= birth date@ height% weight% goals# salary$ nationality^
match: played on@ home score# away score# attendance# stage= season^
coach: name~ nationality^ hired@ salary$ titles#
stadium: name~ city^ capacity# opened@ surface=
race: name~ held on@ distance km# laps# weather^
driver: name~ nationality^ points# podiums# birth date@
vehicle: model~ plate number year# mileage# price$ fuel= color^
trip: started at! ended at! distance km# fare$ tip$ payment type=
depot: name~ city^ capacity# opened@
shipment: shipped@ delivered@ weight kg% cost$ status= carrier^
container: code~ size= weight kg# sealed?
port: name~ country^ depth% berths#
warehouse lot: lot code~ quantity# expiry date@ unit cost$
machine: name~ maker^ installed@ power kw% status= location^
sensor: tag~ kind= unit^ installed@ threshold%
reading: taken at! value% quality=
incident: title~ opened at! closed at! severity= cost$ status=
technician: name~ level= hired@ hourly rate$ region^
work order: created@ closed@ priority= hours% parts cost$
contract: contract number~ signed@ ends@ amount$ status= kind=
lawyer: name~ practice^ hourly rate$ joined@ wins#
case file: title~ filed@ closed@ court^ status= claim amount$
account: account number~ opened@ balance$ kind= currency^ closed?
bank branch: name~ city^ opened@ staff#
transfer: made at! amount$ fee$ status= channel=
card: card number~ issued@ credit limit$ kind= blocked?
policy: policy number~ starts@ ends@ premium$ coverage$ kind=
claim: filed@ paid@ claimed amount$ paid amount$ status=
agent: name~ region^ hired@ commission% quota$
farm: name~ region^ area% founded year# owner^
field: name~ crop^ area% soil=
harvest: harvested@ tons% price per ton$ moisture%
animal: name~ species^ birth date@ weight% sex= vaccinated?
keeper: name~ hired@ salary$ shift=
zone: name~ climate^ area% opened@
restaurant: name~ cuisine^ city^ rating% seats# opened@
dish: name~ kind= price$ calories# spicy?
review: written at! stars# helpful votes# language^
project: title~ starts@ ends@ budget$ status= priority#
developer: name~ level= hired@ salary$ city^
ticket: subject~ created at! resolved at! priority= status= hours spent%
department: name~ floor# budget$ head count# location^
staff member: name~ title^ hired@ salary$ bonus$ gender= city^ age#
training: title~ hours# cost$ kind=
asset: label~ bought@ price$ condition= location^
donor: name~ country^ since@ kind= email
donation: given@ amount$ method= anonymous?
campaign: title~ starts@ ends@ goal$ raised$ channel=
volunteer: name~ joined@ hours# skill^ city^
event: title~ starts at! attendance# cost$ venue^ kind=
user account: nickname~ registered at! last login! country^ plan= age#
post: title~ posted at! likes# views# category^ status=
comment: written at! score# flagged?
subscription: started@ cancelled@ monthly fee$ plan= seats#
device: serial number~ model^ firmware^ activated@ battery%
game: title~ genre^ released@ price$ copies sold# rating%
tournament: name~ starts@ prize money$ teams# country^
museum: name~ city^ founded year# visitors#
painting: title~ painted year# style^ price$ width% height%
painter: name~ nationality^ born year# died year#
mine: name~ mineral^ depth% opened@ output tons#
well: code~ drilled@ depth% pressure% status=
plant: name~ capacity mw# fuel= commissioned@ region^
outage: began at! ended at! cause^ customers affected#
meter: meter number~ installed@ kind= multiplier%
bill: issued@ due@ paid@ amount$ status= usage kwh#
""".strip()

SYNONYMS = {
    "salary": ["pay", "wage", "earnings"], "price": ["cost", "amount charged"], "cost": ["expense", "spend"],
    "city": ["town", "location"], "country": ["nation"], "name": ["full name", "title"], "status": ["state", "stage"],
    "kind": ["type", "category"], "rating": ["score", "mark"], "amount": ["sum", "value"], "hired": ["hire date", "joined"],
    "opened": ["opening date", "open date"], "budget": ["funds", "money available"], "capacity": ["size", "maximum load"],
    "doctor": ["physician", "clinician"], "patient": ["sick person", "case"], "student": ["pupil", "learner"],
    "teacher": ["instructor", "lecturer"], "movie": ["film", "picture"], "flight": ["connection", "route"],
    "booking": ["reservation"], "staff member": ["employee", "worker"], "player": ["athlete", "team member"],
    "match": ["game", "fixture"], "vehicle": ["car", "truck"], "trip": ["ride", "journey"], "shipment": ["delivery", "consignment"],
    "ticket": ["request", "issue"], "user account": ["user", "member"], "subscription": ["plan holder", "membership"],
    "bill": ["invoice", "charge"], "transfer": ["payment", "transaction"], "claim": ["loss report"], "agent": ["seller", "rep"],
    "weight": ["mass"], "distance km": ["length of the way", "kilometres"], "birth date": ["date of birth", "birthday"],
    "attendance": ["crowd", "number of visitors"], "genre": ["style"], "nationality": ["home country"],
    "total price": ["price paid", "booking value"], "fee": ["charge"], "duration minutes": ["length", "minutes"],
    "priority": ["urgency"], "hours": ["time spent"], "color": ["colour"], "maker": ["manufacturer", "brand"],
}
CODES = [
    {"A": ["active"], "I": ["inactive"]}, {"O": ["open"], "C": ["closed"], "P": ["pending"]},
    {"N": ["new"], "P": ["paid"], "X": ["cancelled"]}, {"1": ["low"], "2": ["medium"], "3": ["high"]},
    {"L": ["low"], "M": ["medium"], "H": ["high"], "C": ["critical"]}, {"M": ["male"], "F": ["female"]},
    {"W": ["web"], "P": ["phone"], "S": ["in person"]}, {"BAS": ["basic"], "PRO": ["professional"], "ENT": ["enterprise"]},
    {"S": ["shipped"], "D": ["delivered"], "R": ["returned"]}, {"OK": ["passed"], "NG": ["failed"]},
    {"CC": ["card"], "CA": ["cash"], "BT": ["bank transfer"]}, {"E": ["early"], "L": ["late"], "T": ["on time"]},
    {"10": ["draft"], "20": ["approved"], "30": ["rejected"], "40": ["archived"]}, {"B": ["bronze"], "S": ["silver"], "G": ["gold"]},
    {"int": ["internal"], "ext": ["external"]}, {"FT": ["full time"], "PT": ["part time"], "TMP": ["temporary"]},
    {"el": ["electric"], "ga": ["petrol"], "di": ["diesel"], "hy": ["hybrid"]}, {"new": ["new"], "used": ["used"], "bad": ["broken"]},
]
PLACES = (
    "Paris Lyon Berlin Hamburg Munich Vienna Zurich Geneva Milan Rome Madrid Lisbon Porto Dublin London Leeds Oslo Bergen "
    "Stockholm Helsinki Copenhagen Warsaw Krakow Prague Budapest Athens Istanbul Cairo Lagos Nairobi Accra Delhi Mumbai "
    "Tokyo Osaka Seoul Beijing Shanghai Sydney Perth Auckland Toronto Montreal Boston Chicago Denver Austin Dallas Miami "
    "Lima Quito Bogota Santiago Havana Mexico Brazil Chile Peru France Germany Spain Italy Norway Sweden Poland Japan Korea "
    "India China Kenya Egypt Ghana Turkey Greece Canada Ireland Portugal Austria Hungary Denmark Finland"
).split()
TEXTS = (
    "alpha beta gamma delta north south east west central upper lower red blue green black white silver golden royal "
    "grand silent rapid happy lucky bright early modern classic premium standard basic special express regional national "
    "cardio neuro physics biology history jazz rock opera drama comedy action thriller wheat corn barley apple orange "
    "cotton steel copper iron wood glass paper plastic solar wind hydro thermal marine urban rural coastal alpine"
).split()
PEOPLE = (
    "Anna Ben Clara David Emma Felix Greta Hugo Ines Jonas Karen Liam Maria Nils Olga Peter Rosa Simon Tara Umar Vera "
    "Walter Yara Zoe Adams Baker Clark Davis Evans Fischer Garcia Hansen Ivanov Jensen Keller Lopez Meyer Novak Olsen "
    "Petrov Quinn Rossi Silva Tanaka Ueda Vogel Weber Young Zhang"
).split()
