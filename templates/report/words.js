// The words of the interface in both languages. `t("key", {name: value})` fills {name}.

const WORDS = {
  ko: {
    board: "순위표", heat: "히트맵", items: "문항", skip: "본문으로 건너뛰기", views: "화면",
    language: "언어", theme: "테마", light: "밝게", dark: "어둡게", auto: "자동", help: "도움말",
    best: "가장 높은 점수", scale: "점수 범위 {low}~{high}점", between: "95 % 구간 {low}–{high}", alone: "이 점수와 구별되지 않는 다른 행은 없습니다.",
    notAlone: "통계적으로 구별되지 않는 다른 행이 {n}개 있습니다. 순위 차이를 실력 차이로 읽지 마세요.",
    noInterval: "문항이 적어 구간을 계산할 수 없습니다.", noRows: "판정이 없습니다.",
    oneRow: "비교할 다른 행이 없습니다.", unranked: "판정이 모자라 다른 행과 견줄 수 없습니다.", unrankedLeft: "판정이 모자란 행 {n}개는 빼고 골랐습니다.",
    model: "모델", strategy: "전략", judge: "심판", questions: "문항",
    verdicts: "판정", rank: "순위", tied: "우열 불가", overall: "Overall", single: "싱글턴", multi: "멀티턴",
    interval: "95 % 구간", judged: "판정 수", judgedOf: "판정 {judged} / 기대 {expected}, 실패 {failed}, 없음 {missing}",
    gate: "언어 규칙", gateChanged: "{n}건", gateHint: "잘못된 언어로 쓴 답의 판정을 0점으로 셈한 Overall",
    pick: "그림", pickRow: "{name} 행을 방사형 그림에 넣기", offline: "오프라인 휴리스틱",
    offlineHint: "규칙 채점기의 점수입니다. 모델 심판의 점수와 견줄 수 없습니다.",
    sortBy: "{name}(으)로 정렬", ofQuestions: "문항 {n}개", boardOf: "심판 {judge}의 순위표", offlineBoard: "오프라인 휴리스틱 순위표",
    warnings: "읽기 전에", failedWarn: "기대한 판정 {expected}개 가운데 실패 {failed}개, 없음 {missing}개입니다. 평균에서 빠져 있습니다.",
    failedZeroWarn: "기대한 판정 {expected}개 가운데 실패 {failed}개(0점으로 셈함), 없음 {missing}개입니다.",
    flagWarn: "심판이 채점 기준을 어긴 것으로 보이는 판정이 {n}개 있습니다.",
    gateWarn: "잘못된 언어로 쓴 답에 점수를 준 판정이 {n}개 있습니다. ‘언어 규칙’ 열은 이를 0점으로 셈합니다.",
    show: "보기", radar: "범주별 점수", radarHint: "순위표의 ‘그림’ 칸에서 최대 여섯 행을 고를 수 있습니다.",
    comparison: "전략 비교", comparisonHint: "같은 문항끼리 짝지은 Overall 차이(뒤 − 앞)와 95 % 구간. p는 Holm 보정값입니다. 구간에 0이 없고 p가 0.05보다 작을 때만 한쪽이 높다고 봅니다.",
    pair: "비교", difference: "차이", wins: "승·무·패", verdictOf: "판단", same: "가릴 수 없음", better: "{name} 우세",
    smallest: "검출 가능한 최소 차이", agreement: "심판 일치도", agreementHint: "같은 답을 둘 다 채점한 항목만 셉니다.",
    pairItems: "항목", spearman: "스피어만", kendall: "켄달", kappa: "가중 카파", alpha: "크리펜도르프 α", error: "평균 차이", bias: "편향",
    rowRho: "행 순위 스피어만", rowError: "Overall 평균 차이", gaps: "가장 크게 갈린 항목", floor: "심판 자체의 흔들림만으로 생기는 차이 {n}",
    findings: "심판 점검", doubt: "의심", fine: "이상 없음", notes: "각주", heatTitle: "문항 × 모델 히트맵",
    heatHint: "칸은 그 문항의 평균 점수입니다. 칸을 누르면 문항이 열립니다. 화살표 키로 움직이고 Enter로 엽니다.",
    heatCell: "{row}, 문항 {id} ({category}): {score}", none: "없음", failed: "실패", mean: "평균",
    filters: "필터", search: "본문 검색", searchHint: "질문, 답, 심판의 말에서 찾기", category: "범주", all: "전체",
    score: "점수", from: "부터", to: "까지", flag: "표시", anyFlag: "표시 있음", onlyFailed: "실패·빠진 판정만",
    sort: "정렬", byQuestion: "문항 순", byLow: "낮은 점수 먼저", byHigh: "높은 점수 먼저", byGap: "심판 차이 큰 순", byTurns: "턴 사이 차이 큰 순",
    found: "{n}개 항목", ofAll: "전체 {all}개 가운데 {n}개", searching: "찾는 중… {done}/{all}", clear: "초기화", noItem: "조건에 맞는 항목이 없습니다.",
    choose: "목록에서 항목을 고르세요.", back: "목록으로", next: "다음", previous: "이전", compareWith: "나란히 보기", nobody: "(없음)",
    turn: "{n}턴", question: "질문", answer: "답", reasoning: "추론 과정", reference: "참고 답", emptyAnswer: "(빈 답)", noAnswer: "답이 저장되어 있지 않습니다.",
    noVerdict: "이 턴의 판정이 없습니다.", repeat: "{n}번째", raw: "원문",
    cut: "끝에서 잘라 낸 부분", finish: "길이 제한에 걸려 끊긴 답", otherText: "이 판정은 여기 보이는 글이 아닌 다른 글에 대한 것입니다.",
    showAll: "나머지 {n}자 모두 보기", loading: "여는 중…", link: "이 항목의 링크", keys: "단축키", close: "닫기",
    keyNext: "다음 항목", keyPrevious: "이전 항목", keySearch: "본문 검색", keyBack: "뒤로, 닫기", keyHelp: "이 도움말", keyViews: "순위표, 히트맵, 문항",
    old: "이 브라우저는 압축된 자료를 풀 수 없습니다. 2024년 이후의 Chrome, Edge, Firefox, Safari에서 여세요.",
    made: "{version} · {created}", untitled: "한국어 LLM 평가 보고서", missingItem: "링크가 가리키는 항목이 이 파일에 없습니다.", plotFailed: "그림을 그릴 수 없습니다. 표를 보세요.",
    bootstrapNote: "구간은 문항을 범주 안에서 다시 뽑는 부트스트랩 95 % 구간, 괄호 안 순위는 그 95 % 범위입니다. ‘우열 불가’는 짝지은 차이의 구간에 0이 들어가는 행의 순위입니다.",
    summary: "모델 {models}개 · 전략 {strategies}개 · 심판 {judges}개 · 문항 {questions}개 · 판정 {verdicts}개",
    rankTies: "{n}위", manyTies: "{from}–{to}위 중 {n}", scrollTable: "표는 옆으로 밀어 볼 수 있습니다", kind_failed: "실패: {kind}", strategyAll: "모든 전략",
   
  },
  en: {
    board: "Board", heat: "Heat map", items: "Items", skip: "Skip to content", views: "Views",
    language: "Language", theme: "Theme", light: "Light", dark: "Dark", auto: "Auto", help: "Help",
    best: "Highest score", scale: "scores from {low} to {high}", between: "95 % interval {low}–{high}", alone: "No other row is tied with it.",
    notAlone: "{n} other rows cannot be told apart from it. Do not read their order as a difference in quality.",
    noInterval: "Too few questions for an interval.", noRows: "No verdicts.",
    oneRow: "There is no other row to compare it with.", unranked: "It lacks verdicts, so it cannot be compared with other rows.", unrankedLeft: "Left out here: {n} that lack verdicts.",
    model: "Model", strategy: "Strategy", judge: "Judge", questions: "Questions",
    verdicts: "Verdicts", rank: "Rank", tied: "Tied with", overall: "Overall", single: "Single-turn", multi: "Multi-turn",
    interval: "95 % interval", judged: "Judged", judgedOf: "judged {judged} of {expected}, failed {failed}, missing {missing}",
    gate: "Language gate", gateChanged: "{n}", gateHint: "Overall where a verdict on an answer in a wrong language counts 0",
    pick: "Plot", pickRow: "Put {name} into the radar", offline: "offline heuristic",
    offlineHint: "Scores of the rule judge. They cannot be compared with those of a model.",
    sortBy: "Sort by {name}", ofQuestions: "{n} questions", boardOf: "Board of judge {judge}", offlineBoard: "Board of the offline heuristic",
    warnings: "Before you read", failedWarn: "Of {expected} expected verdicts {failed} failed and {missing} are missing. They are left out of the means.",
    failedZeroWarn: "Of {expected} expected verdicts {failed} failed (counted as 0) and {missing} are missing.",
    flagWarn: "{n} verdicts seem to break the judge's own rubric.",
    gateWarn: "{n} verdicts gave points to an answer in a wrong language. The column “Language gate” counts them as 0.",
    show: "Show", radar: "Scores by category", radarHint: "Choose up to six rows in the “Plot” column of the board.",
    comparison: "Strategies compared", comparisonHint: "Paired difference of Overall (second − first) on the same questions with its 95 % interval. p is Holm-adjusted. One side is called higher only where the interval leaves out 0 and p is below 0.05.",
    pair: "Pair", difference: "Difference", wins: "Won·tied·lost", verdictOf: "Verdict", same: "indistinguishable", better: "{name} better",
    smallest: "Smallest difference to be found", agreement: "Agreement of judges", agreementHint: "Only items that both have scored.",
    pairItems: "Items", spearman: "Spearman", kendall: "Kendall", kappa: "Weighted kappa", alpha: "Krippendorff α", error: "Mean difference", bias: "Bias",
    rowRho: "Spearman of rows", rowError: "Mean difference of Overall", gaps: "Items of largest disagreement", floor: "{n} would come from the judges' own noise alone",
    findings: "Judge checks", doubt: "doubtful", fine: "fine", notes: "Notes", heatTitle: "Questions × models",
    heatHint: "A cell is the mean score of that question. Press it to open the item. Arrow keys move, Enter opens.",
    heatCell: "{row}, question {id} ({category}): {score}", none: "none", failed: "failed", mean: "Mean",
    filters: "Filters", search: "Search the texts", searchHint: "in questions, answers and comments", category: "Category", all: "all",
    score: "Score", from: "from", to: "to", flag: "Flag", anyFlag: "any flag", onlyFailed: "Failed or missing only",
    sort: "Order", byQuestion: "by question", byLow: "lowest score first", byHigh: "highest score first", byGap: "judges furthest apart", byTurns: "turns furthest apart",
    found: "{n} items", ofAll: "{n} of {all} items", searching: "Searching… {done}/{all}", clear: "Clear", noItem: "No item fits.",
    choose: "Choose an item in the list.", back: "To the list", next: "Next", previous: "Previous", compareWith: "Side by side with", nobody: "(nobody)",
    turn: "Turn {n}", question: "Question", answer: "Answer", reasoning: "Reasoning", reference: "Reference", emptyAnswer: "(empty answer)", noAnswer: "No answer is stored.",
    noVerdict: "No verdict on this turn.", repeat: "repeat {n}", raw: "Source",
    cut: "Cut off the end", finish: "Cut short by a length limit", otherText: "This verdict is on another text than the one shown here.",
    showAll: "Show the other {n} characters", loading: "Opening…", link: "Link to this item", keys: "Keys", close: "Close",
    keyNext: "next item", keyPrevious: "previous item", keySearch: "search the texts", keyBack: "back, close", keyHelp: "this help", keyViews: "board, heat map, items",
    old: "This browser cannot decompress the data. Use Chrome, Edge, Firefox or Safari of 2024 or later.",
    made: "{version} · {created}", untitled: "Korean LLM evaluation report", missingItem: "The item of this link is not in this file.", plotFailed: "The plot could not be drawn. See the table.",
    bootstrapNote: "Intervals are 95 % bootstrap intervals over questions within their categories; ranks in brackets are where 95 % of the draws put the row. “Tied with” lists the ranks whose paired difference to the row has an interval that holds 0.",
    summary: "models {models} · strategies {strategies} · judges {judges} · questions {questions} · verdicts {verdicts}",
    rankTies: "{n}", manyTies: "{n} of {from}–{to}", scrollTable: "the table scrolls sideways", kind_failed: "failed: {kind}", strategyAll: "all strategies",
   
  },
};

let language = "ko";

function t(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// A sentence of the data in the language of the page, where both are known.
function said(text) {
  return language === "ko" ? board.korean[text] ?? text : text;
}

function counted(number) {
  return number.toLocaleString("en-US");
}
