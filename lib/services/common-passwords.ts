/**
 * Words that people build passwords from, commonest first. Written for this product, not taken from a breach: the rules
 * in password-advice.ts (capitals, digits for letters, endings, repeats, combinations) turn them into the many millions
 * of passwords that a guesser tries first.
 */
export const COMMON_WORDS: readonly string[] = [
  // What the well-known lists begin with.
  'password qwerty letmein welcome admin login monkey dragon iloveyou sunshine princess master shadow superman football',
  'baseball abc123 trustno1 passw0rd qwertz azerty qazwsx 1q2w3e4r zaq12wsx qwerty123 asdfgh zxcvbn asdf zxcv qwer hunter',
  'starwars batman michael jordan jennifer ashley charlie daniel jessica thomas michelle george andrew joshua matthew',
  'killer pepper ginger hockey soccer harley ranger buster tigger robert summer winter autumn spring freedom whatever',
  'computer internet secret cheese access flower hello hottie loveme zaq1zaq1 mustang maggie cookie chocolate banana orange',
  'correcthorsebatterystaple passwort kennwort motdepasse contrasena senha haslo salasana losenord adgangskode wachtwoord parola sifre heslo jelszo',
  'administrator root toor guest user test testing tester temp temporary default changeme change secure security secret',
  'supervisor manager operator auditor service support helpdesk system server network router switch firewall cisco oracle',
  'mysql postgres database backup public private office company corporate business enterprise student teacher school',
  'google facebook twitter youtube amazon apple microsoft windows linux ubuntu debian android iphone samsung nokia sony',
  'yahoo hotmail outlook gmail email webmail mail website internet online offline wireless wifi bluetooth keyboard laptop',
  // Names.
  'james john william richard joseph charles david mark paul steven kenneth kevin brian edward ronald anthony jason jeff',
  'timothy ryan jacob gary nicholas eric jonathan stephen larry justin scott brandon benjamin samuel frank gregory raymond',
  'alexander patrick jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle walter ethan jeremy',
  'mary patricia linda elizabeth barbara susan sarah karen nancy lisa betty margaret sandra kimberly emily donna carol',
  'amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen amy angela shirley anna brenda pamela',
  'emma nicole helen samantha katherine christine debra rachel carolyn janet catherine maria heather diane ruth julie',
  'olivia joyce virginia victoria kelly lauren christina joan evelyn judith megan andrea cheryl hannah jacqueline martha',
  'gloria teresa ann sara madison frances kathryn janice jean abigail alice julia judy sophia grace denise amber doris',
  'alex max leon lucas finn jonas felix moritz anton hans klaus peter stefan andreas thomas martin wolfgang juergen monika',
  'pierre marie jean louis sophie camille nicolas julien antoine carlos juan pedro miguel luis antonio manuel francisco',
  'giovanni marco andrea francesco giuseppe alessandro ivan dmitri natasha olga sergei vladimir anastasia tatiana mohamed',
  'ahmed fatima omar ali hassan ibrahim yusuf mehmet mustafa wei ming chen wang zhang liu yuki sakura kenji akira rahul',
  'bailey bella lucy molly daisy sadie rocky buddy jake toby cody duke bear tucker oliver milo luna zoe chloe rosie lola',
  'sophie coco stella penny gracie roxy riley ruby lily oscar leo simba jasper sam oreo smokey sparky chester rusty shadow',
  // Teams, cars, games, films, music.
  'arsenal chelsea liverpool manchester united barcelona madrid juventus bayern dortmund celtic rangers everton tottenham',
  'yankees lakers cowboys steelers packers eagles patriots redsox bulls giants dolphins raiders broncos tigers lions bears',
  'ferrari porsche mercedes bmw audi toyota honda nissan mazda subaru ford chevy corvette camaro mustang jaguar yamaha',
  'suzuki kawasaki ducati harley davidson truck racing driver speed turbo pokemon pikachu mario zelda sonic minecraft',
  'fortnite roblox warcraft diablo starcraft halo counter strike nintendo playstation xbox steam gamer gaming player one',
  'starwars jedi skywalker vader yoda startrek enterprise spock picard matrix neo trinity morpheus gandalf frodo hobbit',
  'harry potter hogwarts hermione voldemort dumbledore batman spiderman superman ironman wolverine avengers thor hulk joker',
  'metallica nirvana slipknot eminem beatles queen elvis madonna rihanna beyonce metal rock guitar music piano drummer',
  // Love, faith, feelings.
  'love lover loving forever always baby babygirl honey sweet sweetheart sweetie darling angel heaven kiss hugs sexy hot',
  'beautiful pretty lovely cute gorgeous happy lucky smile friend friends bestfriend family mother father mommy daddy mama',
  'papa sister brother wife husband girl boy girls boys lady woman man god jesus christ church faith hope grace blessed',
  'blessing lord savior bible prayer peace joy heart soul dream dreams magic wonder star stars moon sun sky rainbow fire',
  'ilove you ich liebe dich jetaime teamo tequiero amor carino amore liebe schatz maus engel sonne blume bonjour hallo hola',
  // Animals, food, colours, nature.
  'cat cats dog dogs puppy kitty kitten horse pony tiger lion bear wolf fox rabbit bunny mouse turtle snake eagle falcon',
  'hawk shark dolphin whale fish bird chicken duck cow pig sheep goat elephant giraffe zebra panda koala penguin butterfly',
  'spider scorpion cobra viper phoenix unicorn pegasus apple cherry strawberry lemon peach mango coconut pineapple melon',
  'grape berry pizza pasta burger cheese bacon coffee tea beer wine whiskey vodka tequila sugar candy cake cupcake donut',
  'biscuit muffin pancake peanut butter jelly pickle potato tomato onion pepper salt red blue green yellow black white pink',
  'purple silver gold golden brown gray grey orange violet crimson diamond crystal emerald sapphire pearl amber jade ocean',
  'river lake island beach mountain forest desert flower rose lily tulip garden tree leaf rain snow storm thunder lightning',
  'wind cloud earth world planet galaxy universe space rocket',
  // Days, months, seasons, numbers in words, places.
  'monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september',
  'october november december today tomorrow yesterday christmas easter halloween birthday holiday vacation weekend morning',
  'montag dienstag mittwoch donnerstag freitag samstag sonntag januar februar maerz juni juli dezember sommer herbst',
  'fruehling fruhling lundi mardi mercredi jeudi vendredi samedi dimanche janvier fevrier avril juin juillet verano invierno',
  'zero one two three four five six seven eight nine ten eleven twelve twenty hundred thousand million first second third',
  'london paris berlin madrid rome vienna zurich amsterdam brussels dublin moscow tokyo beijing sydney toronto chicago',
  'boston dallas houston texas florida california newyork america england germany france italy spain russia china japan',
  'india canada mexico brazil australia africa europe deutschland schweiz austria',
  // Words of the trade, and this product's own.
  'latchkey scep portal certificate cert certificates issuer enrolment enrollment challenge device devices intune jamf key',
  'keys token vault crypto cipher encrypt hacker hacking pass word code codes pin passcode passphrase access denied granted',
  'open sesame enter entry gate door house home lock unlock safe strong stronger strongest simple easy hard complex correct',
  'horse battery staple this is my the your our new old good best nice cool great super mega ultra hyper power powerful',
  'strong force fast quick quickly lazy jumps over brown please sorry thanks thank number letter sign login logon logout',
  'account accounts reset recover forgot forgotten remember never nobody someone everyone everything nothing something',
  'what when where who why how yes not can cannot will would could should let get got give take make made come go run stop',
  'start end begin finish play game games win winner loser champion champ hero legend ninja samurai warrior soldier sniper',
  'killer assassin hunter shooter rebel pirate king queen prince knight wizard witch dragon demon devil satan evil hell',
  'ghost zombie vampire monster beast crazy insane psycho freak nerd geek boss chief captain doctor nurse engineer',
  'developer developers designer lawyer police money cash dollar euro rich million bank banking credit card pay payment',
  'market trade bitcoin ethereum work working job worker life live alive death dead die born kill blood bone skull dark',
  'darkness night light bright shine shadow mirror glass metal iron steel stone rock sand water ice cold warm heat burn',
  'and for with you me him her she they them all any some more most very much many few little big small large huge tiny',
  'from into out off up down left right here there now then again back front side top bottom inside outside under above',
]
  .join(' ')
  .split(' ')
  .filter((word, index, all) => all.indexOf(word) === index)

/** Rows of the keyboards people slide a finger along, forwards and backwards. */
export const KEYBOARD_ROWS: readonly string[] = [
  '1234567890',
  '!@#$%^&*()',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiopu',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  'wxcvbn',
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  'qazwsxedcrfvtgbyhnujmikolp',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '147258369',
  '159357',
  '123123',
]
