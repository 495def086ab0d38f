"""The sentences by which somebody orders a model about, in the languages of the web: data for `injection`.

All are sought in lower case without accents. What is said to a person must not match: the patterns want the
start of a sentence before a verb, and an object that only a model has (a prompt, a label, instructions).
"""

import re
import unicodedata

_WHAT = r"(?:instruction|prompt|rule|guideline|directive|direction|command|constraint|training|polic)"
_VERB = r"(?:ignore|disregard|forget|override|bypass|discard|neglect|do not (?:follow|obey)|stop following)"
_CASES = r"(?:cases?|records?|notes?|inputs?|prompts?|samples?|examples?|conversations?|entr(?:y|ies)|texts?)"
_START = r"(?:^|[:,>*]\s*|\b(?:please|now|must|should|and|then|to|will|you)\s+)"
_SAY = r"(?:answer|output|respond|reply|predict|print|return)"
_MODEL = r"(?:ai|a\.i|language model|llm|chatbot|gpt|classifier|machine learning model|model)"
_FEW, _SOME = r"(?:\s+\S+){0,4}?\s+", r"(?:\s+\S+){0,6}?\s+"
_ENGLISH = (
    rf"{_START}{_VERB}\b{_SOME}{_WHAT}",
    rf"{_START}{_VERB}\s+(?:all|everything|anything|whatever)\b{_FEW}?"
    r"\s*(?:above|previous|before|prior|earlier|said|told|text|context)",
    rf"\b(?:mark|label|classify|categori[sz]e|tag)\s+(?:every|all|each)\s+(?:\S+\s+)?{_CASES}\b",
    rf"\b(?:treat|code|set)\s+(?:every|all|each)\s+(?:\S+\s+)?{_CASES}\b{_FEW}(?:as|to|validated|confirmed)\b",
    rf"{_START}(?:label|classify|categori[sz]e|tag)\s+(?:this|the)\s+(?:\S+\s+)?{_CASES}\b",
    rf"\balways\s+{_SAY}\b",
    rf"\b(?:only|just|simply)\s+{_SAY}\s+(?:with|as|in|the word|exactly|nothing)\b",
    rf"{_START}(?:answer|output|respond|reply|predict|print)\s+(?:only|just|nothing but|exactly)\b",
    rf"{_START}(?:must|should|shall)\s+(?:output|predict)\b",
    r"\byour (?:only )?(?:answer|output|response|reply|prediction) (?:must|should|is|will)\b",
    r"\byou are (?:now |no longer )?(?:an? |the )?(?:\w+ )?"
    r"(?:ai|a\.i|assistant|language model|llm|chatbot|gpt|dan|model|classifier|jailbroken)\b",
    r"\b(?:act|behave|respond) as (?:an? |the |if you (?:were|are) )(?:\w+ )?"
    r"(?:ai|assistant|language model|llm|chatbot|gpt|model|classifier|system|unrestricted)\b",
    r"\bpretend (?:that )?(?:to be|you are|you have no)\b",
    r"(?:^|\b(?:your|the|this|my|hidden|secret|new|previous|override|reveal|show|print)\s+)"
    r"(?:system|developer) (?:prompt|message|override|mode)\b",
    r"\b(?:prompt injection|jailbreak|admin override|override code|dan mode)\b",
    r"\b(?:reveal|show|print|repeat|leak) (?:me )?(?:your|the) (?:\w+ )?"
    r"(?:prompt|instructions|training data)\b",
    r"\bnew (?:instructions?|task|rules?)\s*:",
    r"\b(?:begin|start|end) of (?:the )?(?:\w+ )?(?:instructions?|prompt|system message)\b",
    rf"\b(?:note|message|attention|instruction|memo|hint|dear|hey|hello)[ :,]+"
    rf"(?:to |for )?(?:the )?{_MODEL}\b",
    r"\bif you are (?:an? )?(?:ai|llm|language model|assistant|chatbot|model)\b",
    rf"\b(?:the|this|an?) {_MODEL} (?:must|should|shall|will|has to)\b",
    r"\bthe (?:correct|right|true|expected|final) "
    r"(?:label|answer|output|class|prediction) (?:is [a-z]+\s*$|=|:)",
    r"\bthe (?:correct|right|true|expected) (?:label|class|prediction) is\b",
    r"\b(?:drop table|rm -rf|curl https?|execute (?:the following|this) (?:code|command|script))\b",
)
_OTHERS = (
    r"\b(?:ignorier\w*|vergiss|vergessen sie|missacht\w*|uberspring\w*)\b(?:\s+\S+){0,5}\s+"
    r"(?:anweisung\w*|instruktion\w*|befehl\w*|regeln|vorgaben|prompts?)",
    rf"\b(?:ignorez|ignore|oublie[zs]?|negligez)\b{_FEW}(?:instructions|consignes|directives|regles)",
    rf"\b(?:ignora|ignore|ignoren|olvida|olvide|desestima|desestime|haz caso omiso)\b{_FEW}"
    r"(?:instrucciones|ordenes|indicaciones previas|reglas)",
    rf"\b(?:ignora|ignori|ignorate|dimentica|dimentichi)\b{_FEW}(?:istruzioni|regole|indicazioni precedenti)",
    rf"\b(?:ignore|ignora|desconsidere|esqueca)\b{_FEW}(?:instrucoes|regras|ordens)",
    rf"\b(?:negeer|vergeet)\b{_FEW}(?:instructies|opdrachten|regels)",
    rf"\b(?:ignorera|glom|ignorer|glem)\b{_FEW}(?:instruktioner\w*|instruksjon\w*|anvisning\w*)",
    rf"\b(?:zignoruj|ignoruj)\b{_FEW}(?:instrukcje|polecenia)",
    r"(?:önceki|yukarıdaki)(?:\s+\S+){0,3}\s+(?:talimat|komut)\S*\s+(?:yoksay|unut|göz ardı)",
    rf"(?:игнорируй|забудь|не обращай внимания на)\S*{_FEW}(?:инструкци|указани|команд)",
    r"(?:忽略|无视|忘记|忽視|無視)[^。]{0,12}(?:指令|指示|说明|說明|提示|规则|規則)",
    r"(?:指示|命令|ルール|プロンプト)[^。]{0,6}(?:無視|忘れ)",
    r"(?:تجاهل|انس)\S*(?:\s+\S+){0,3}\s+(?:التعليمات|الأوامر)",
    r"(?:निर्देश|आदेश)\S*(?:\s+\S+){0,3}\s+(?:अनदेखा|नज़रअंदाज़|भूल)",
    r"(?:이전|위의|앞의)\s*\S*\s*(?:지시|명령|지침)\S*\s*(?:무시|잊)",
)
# Few sentences have any of these; the patterns above are slow.
_HINTS = (
    "ignor/disregard/forget/overrid/bypass/discard/neglect/not follow/not obey/stop following/"
    "mark every/mark all/mark each/label/classify/categori/tag every/tag all/tag each/tag this/"
    "tag the/treat every/treat all/treat each/code every/code all/set every/set all/set each/answer/"
    "output/respond/reply/predict/print/return only/return just/you are/your only/your respon/"
    "act as/behave as/pretend/system prompt/system message/system override/system mode/developer p/"
    "developer m/jailbreak/admin over/dan mode/prompt/instruct/new task/new rule/training data/llm/"
    "gpt/chatbot/language model/machine learning/classifier/model/a.i/right class/correct class/"
    "true class/final class/expected class/drop table/rm -rf/curl http/execute/vergiss/vergess/"
    "missacht/uberspring/oublie/neglig/olvid/desestim/omiso/dimentic/desconsider/esqueca/negeer/"
    "vergeet/glom/glem/önceki/yukarıda/забудь/игнорир/не обращай/忽/无视/無視/忘/指示/命令/ルール/"
    "プロンプト/تجاهل/انس/निर्देश/आदेश/지시/명령/지침/ ai / ai:/ ai,/ ai./ ai must"
)


def _form(pattern: str) -> str:
    """A pattern without accents, as the texts are that it is sought in."""
    bare = (char for char in unicodedata.normalize("NFKD", pattern) if not unicodedata.combining(char))
    return unicodedata.normalize("NFC", "".join(bare))


ORDERS = re.compile(_form("|".join((*_ENGLISH, *_OTHERS))))
HINTS = tuple(map(_form, _HINTS.split("/")))
