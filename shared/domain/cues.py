"""The words that say how a diagnosis is meant, in the languages that clinics write: data for `assertion`.

Phrases stand between slashes, in lower case and without accents, since texts are folded the same way. `-` at
the end leaves the word open ("exclud-" also means "excluded"), `^` wants the start of the statement, `$` its
end. Languages: en, de, fr, es, it, pt, nl, sv/da/no, pl, tr.
"""

DOUBT = """
possible / possibly / poss / probable / probably / prob / suspected / suspect / suspicion of / suspicious
for / susp / suspicion / likely / presumed / presumptive / presumably / query / queried / provisional /
provisionally / differential diagnosis / differential / ddx / d/d / rule out / ruling out / r/o / to rule
out / to be ruled out / rule-out / cannot exclude / can't exclude / cannot be excluded / can't be excluded /
not excluded / not yet excluded / cannot rule out / can't rule out / cannot be ruled out / not ruled out /
not been ruled out / working diagnosis / impression of / unconfirmed / not confirmed / not yet confirmed /
maybe / perhaps / consider / considering / vs / versus / consistent with / compatible with / suggestive of /
suggesting / suggests / concern for / concerning for / concerned about / c/w / favor / favour / favored /
favoured / tentative / tentatively / questionable / equivocal / could be / may be / might be / appears to be
/ looks like / seems to be / doubtful / uncertain / in question / to be confirmed / awaiting confirmation /
pending confirmation / awaiting results / pending results / under investigation / under evaluation /
evaluate for / eval for / evaluation for / evaluation of / work up for / workup for / work-up for / to
exclude / exclude / need to exclude / clinically suspected / admitting diagnosis / admission diagnosis /
initial diagnosis / initially thought to be / referral diagnosis / versus. / unsure / and/or / verdacht auf
/ verdacht / vd. auf / hinweis auf / vermutlich / vermutet / mutmasslich / moglich- / mogl. / fraglich- /
wahrscheinlich / am ehesten / a. e. / a.e. / zum ausschluss / zum ausschluss von / z. a. / z.a. /
auszuschliessen / ausschluss? / differentialdiagnose / differenzialdiagnose / differentialdiagnostisch /
arbeitsdiagnose / verdachtsdiagnose / unklar- / oder / vereinbar mit / nicht auszuschliessen / nicht
ausgeschlossen / nicht bestatigt / noch nicht gesichert / aufnahmediagnose / einweisungsdiagnose / suspicion
de / suspicion d' / suspecte / suspectee / soupcon de / soupcon d' / probablement / eventuel / eventuelle /
hypothese de / hypothese d' / a confirmer / a exclure / a eliminer / compatible avec / evocateur de /
evocatrice de / en faveur de / en faveur d' / douteux / douteuse / vraisemblable / vraisemblablement /
presume / presumee / diagnostic differentiel / non confirme / non confirmee / ou / diagnostic d'entree /
diagnostic d'admission / peut-etre / posible / posiblemente / probablemente / sospecha de / sospecha clinica
/ sospecha / sospechoso de / sospechosa de / presunto / presunta / presuntivo / presuntiva / a descartar /
por descartar / descartar / a confirmar / por confirmar / compatible con / sugestivo de / sugestiva de /
sugerente de / impresion diagnostica / diagnostico diferencial / en estudio / sin confirmar / no confirmado
/ no confirmada / diagnostico de ingreso / diagnostico presuntivo / quizas / tal vez / no se descarta / no
se puede descartar / sospetto / sospetta / sospetti / sospette / sospetto di / probabile / probabilmente /
possibile / possibilmente / da escludere / da confermare / compatibile con / suggestivo di / suggestiva di /
suggestivo per / verosimile / verosimilmente / ipotesi di / diagnosi differenziale / dubbio / dubbia / in
accertamento / oppure / diagnosi d'ingresso / diagnosi di ingresso / non confermato / non confermata / non
si esclude / forse / provavel / provavelmente / possivel / possivelmente / suspeita de / suspeita / suspeito
/ hipotese de / hipotese diagnostica / a esclarecer / a excluir / para descartar / compativel com /
sugestivo de / em investigacao / nao confirmado / nao confirmada / diagnostico de admissao / diagnostico de
entrada / talvez / mogelijk / mogelijke / waarschijnlijk / waarschijnlijke / verdenking op / verdenking /
verdacht voor / vermoeden van / vermoedelijk / vermoedelijke / uit te sluiten / differentiaaldiagnose /
passend bij / misstankt / misstanke om / mojlig / mojligen / trolig / troligen / sannolik / sannolikt /
mistanke om / mistankt / mulig / sandsynlig / sannsynlig / podejrzenie / prawdopodobnie / prawdopodobne /
prawdopodobna / mozliwe / suphesi / supheli / olasi / muhtemel
"""

DENIED = """
ruled out / been ruled out / excluded / no evidence of / no evidence for / no clinical evidence of / without
evidence of / without signs of / no sign of / no signs of / no features of / no suspicion of / negative for
/ negative$ / unlikely / denies / denied / absence of / absent / free of / does not have / doesn't have /
did not have / didn't have / has no / had no / not a case of / never had / not present / not found / not
seen / disproved / refuted / erroneous / misdiagnosed / misdiagnosed as / wrong diagnosis / incorrect
diagnosis / ^no / ^not / ^without / ^negative / ^never / ausgeschlossen / ^ausschluss / ausschluss von /
ausschluss einer / ausschluss eines / kein anhalt fur / kein anhalt auf / kein hinweis auf / keine hinweise
auf / kein nachweis / kein nachweis von / kein nachweis einer / ^kein / ^keine / ^keinen / ohne nachweis von
/ ohne nachweis einer / ohne anhalt fur / ohne hinweis auf / verneint / widerlegt / negativ$ /
unwahrscheinlich / nicht nachweisbar / exclu / exclue / exclus / exclues / elimine / eliminee / ecarte /
ecartee / infirme / infirmee / ^pas de / ^pas d' / pas d'argument pour / absence de / absence d' / aucun
signe de / aucun signe d' / ^aucun / ^aucune / sans signe de / sans signe d' / peu probable / negatif$ /
negative pour / negatif pour / descartado / descartada / descartados / se descarta / se descarto / sin
evidencia de / sin signos de / no hay evidencia de / no se evidencia / no evidencia de / ausencia de / niega
/ no presenta / no tiene / excluido / excluida / negativo para / negativa para / negativo$ / ^sin / poco
probable / improbable / escluso / esclusa / esclusi / escluse / assenza di / nessun segno di / nessuna
evidenza di / non evidenza di / non evidenze di / senza segni di / senza evidenza di / ^nega / ^nessun /
^nessuna / negativo per / negativa per / improbabile / poco probabile / afastado / afastada / ausencia de /
sem evidencia de / sem evidencias de / sem sinais de / ^nega / ^sem / negativo para / improvavel / pouco
provavel / nao apresenta / nao tem / uitgesloten / geen aanwijzingen voor / geen aanwijzing voor / ^geen /
geen tekenen van / onwaarschijnlijk / utesluten / uteslutet / utesluts / udelukket / utelukket / ^ingen /
^inga / ^ikke / osannolik / wykluczono / wykluczona / wykluczony / bez cech / ^brak / nieprawdopodobne /
dislandi / ekarte edildi / yok$
"""

HISTORIC = """
history of / hx of / h/o / past history / past history of / past medical history / past medical history of /
pmh / pmhx / previous / previously / prior / former / ^old / remote / status post / s/p / status after /
healed / resolved / in the past / years ago / months ago / no longer / cured / ^past / history$ / z. n. /
z.n. / zustand nach / st. n. / st.n. / st. p. / st.p. / status nach / anamnestisch / anamnestisch- / fruher-
/ ehemalig- / abgeheilt- / ausgeheilt- / antecedent / antecedents / antecedent de / antecedents de /
antecedent d' / antecedents d' / atcd / atcd de / atcd d' / ^ancien / ^ancienne / gueri / guerie /
antecedente / antecedentes / antecedente de / antecedentes de / historia de / previo / previa / antiguo /
antigua / curado / curada / pregresso / pregressa / pregressi / pregresse / storia di / anamnesi
positiva per / anamnesi di / esiti di / guarito / guarita / previo / previa / status na /
voorgeschiedenis / voorgeschiedenis van / doorgemaakt / doorgemaakte / genezen / tidigare / tidligere / stan
po / przebyty / przebyta / przebyte / gecirilmis
"""

FAMILY = """
family history / family history of / family hx / family hx of / fhx / fh of / fam hx / in family /
runs in the family / familienanamnese / familienanamnestisch / familiare belastung / familiar belastet /
antecedents familiaux / antecedent familial / antecedents familiaux de / antecedents familiaux d' /
antecedentes familiares / antecedentes familiares de / antecedente familiar / historia familiar / historia
familiar de / familiarita per / familiarita positiva per / anamnesi familiare / historia familiar /
historico familiar / familieanamnese / belaste familieanamnese / hereditet for / wywiad rodzinny / aile
oykusu
"""

# A relative as the bearer: the word before one of the verbs, at the start, or behind "in his".
RELATIVES = (
    "mother father brother sister parent parents sibling siblings grandmother grandfather grandparent "
    "aunt uncle cousin son daughter wife husband mum dad twin mutter vater bruder schwester eltern "
    "grossmutter grossvater tante onkel sohn tochter mere pere frere soeur tante oncle fils fille madre "
    "padre hermano hermana abuelo abuela tio tia hijo hija fratello sorella nonno nonna zio zia figlio "
    "figlia mae pai irmao irma avo filho filha moeder vader broer zus mor far matka ojciec anne baba"
)
BEARS = (
    "had has have having with died suffers suffered diagnosed affected hat hatte mit leidet litt starb a "
    "avait avec atteint atteinte con tiene tuvo tenia padece padecio murio ha aveva affetto affetta com "
    "tem teve sofre heeft had met"
)

HYPOTHETICAL = """
if / in case of / in the event of / risk of / at risk of / at risk for / high risk for / prophylaxis /
prophylaxis for / prophylaxis against / screening for / screen for / screening / exposure to / exposed to /
contact with / vaccination for / vaccination against / immunisation against / immunization against /
prevention of / to prevent / watch for / monitor for / monitoring for / precautions for / fear of / carrier
of / unless / should she develop / should he develop / worried about / counselling for / falls / risiko fur
/ prophylaxe / vorsorge / screening auf / kontakt mit / impfung gegen / zum screening / risque de / risque
d' / depistage de / depistage d' / depistage / prophylaxie / en cas de / en cas d' / contact avec /
vaccination contre / prevention de / riesgo de / cribado de / tamizaje de / profilaxis / en caso de /
contacto con / vacunacion contra / prevencion de / rischio di / screening per / profilassi / in caso di /
contatto con / vaccinazione contro / prevenzione di / risco de / rastreio de / rastreamento de / profilaxia
/ em caso de / contato com / contacto com / vacinacao contra / prevencao de / risico op / bij risico op /
screening op / contact met
"""

# What stands before a diagnosis and says nothing about it.
PREAMBLE = """
^dx / ^diagnosis / ^primary diagnosis / ^principal diagnosis / ^main diagnosis / ^final diagnosis /
^discharge diagnosis / ^secondary diagnosis / ^known case of / ^k/c/o / ^case of / ^newly diagnosed /
^recently diagnosed / ^diagnosed with / ^diagnosed as / ^diagnosed / ^confirmed / ^established / ^known /
^patient has / ^patient with / ^pt with / ^pt has / ^treated for / ^confirmed case of / ^proven / ^diagnose
/ ^hauptdiagnose / ^gesicherte / ^gesicherter / ^gesichertes / ^bekannte / ^bekannter / ^bekanntes /
^entlassdiagnose / ^diagnostic / ^diagnostic principal / ^diagnostic de sortie / ^diagnostico / ^diagnostico
principal / ^diagnostico de alta / ^diagnostico final / ^diagnosi / ^diagnosi principale / ^diagnosi di
dimissione / ^bekend met / confirmed$ / proven$ / gesichert$ / confirmado$ / confirmada$ / confermato$ /
confermata$ / confirme$ / confirmee$ / nos$
"""

REVISED = """
revised / changed / amended / incorrect / wrong / overturned / withdrawn / retracted / not confirmed /
reconsidered / corrected / refuted / reversed / rejected / disproved / mistaken / erroneous / superseded /
geandert / revidiert / korrigiert / nicht bestatigt / verworfen / falsch / umgestellt / widerrufen / revise
/ modifie / corrige / infirme / errone / rectifie / ecarte / revisado / modificado / corregido / descartado
/ erroneo / cambiado / rectificado / equivocado / rivista / modificata / corretta / errata / cambiata /
esclusa / rettificata / sbagliata / revisto / alterado / corrigido / errado / mudado / retificado
"""
DIAGNOSIS = "diagnosis diagnoses dx diagnose diagnosen diagnostic diagnostico diagnosi diagnosticos"
MISTAKEN = """
misdiagnos- / turned out to be / turned out to have / re-diagnosed as / rediagnosed as / reclassified as /
relabelled as / relabeled as / alternative diagnosis / diagnostic error / fehldiagnose / stellte sich heraus
/ erreur diagnostique / erreur de diagnostic / diagnostic final different / error diagnostico / error de
diagnostico / resulto ser / errore diagnostico / si e rivelato / si e rivelata / erro diagnostico / erro de
diagnostico / revelou-se
"""
UNCHANGED = "not no never un unchanged without nicht keine kein unverandert non pas sans sin sem nao ne"
