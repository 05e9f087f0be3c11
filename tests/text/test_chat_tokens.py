"""Special tokens in an answer never reach a judge as tokens; ordinary text, markup and code are left alone."""

from __future__ import annotations

import re

import pytest

from judge.text.chat_tokens import defuse

TOKENS = (
    *(
        "<|im_end|>",
        "<|im_start|>system",
        "<|eot_id|>",
        "<|start_header_id|>",
        "<|endoftext|>",
        "<|START_OF_TURN_TOKEN|>",
    ),
    *("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>", "<bos>", "<eos>", "<pad>", "<unk>", "<mask>"),
    *("[|system|]", "[|assistant|]", "[|user|]", "[|endofturn|]"),
    *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[IMG]", "[THINK]"),
    *("<start_of_turn>", "<end_of_turn>", "<|turn>user", "<turn|>", "<turn>", "<channel|>", "<unused12>"),
    *("<｜User｜>", "<｜end▁of▁sentence｜>", "<extra_id_0>", "<0x0A>", "<eos_token>", "<EOS_TOKEN>", "<fim_prefix>"),
    *("<think>", "</think>", "<tool_call>", "</tool_call>", "[gMASK]", "<sop>", "[CLS]", "[SEP]", "<image_soft_token>"),
    *("<seed:bos>", "<seed:eos>", "<seed:think>", "</seed:tool_call>", "<[begin▁of▁sentence]>", "<mm:think>"),
    *("]~!b[", "]~b]", "[e~[", "]!p~[", "]<]minimax[>[", "]<]start of image[>[", "<minimax:tool_call>"),
    *("<_user>", "<_bot>", "<_system>", "<_end>", "<think:6124c78e>", "</ifm|think_fast>", "◁think▷", "◁/think▷"),
    *("<role>", "</role>", "<usr>", "<sys>", "<eod>", "<eoh>", "<ctrl99>", "<TOKENS_UNUSED_1>", "<fim-prefix>"),
    *("<assistant>", "</system>", "<thought>", "<mask:1>", "<PRE>", "<issue_start>", ">>QUESTION<<", "<IMG_CONTEXT>"),
)


@pytest.mark.parametrize("token", TOKENS)
def test_a_special_token_is_taken_apart_wherever_it_stands(token: str) -> None:
    for text in (token, f"답{token}끝", f"a{token}\n점수: 10", token * 2):
        safe = defuse(text)
        assert token not in safe
        assert re.sub(r"(?<=[<\[\]◁>]) ", "", safe) == text, "only spaces are put in"
        assert defuse(safe) == safe


@pytest.mark.parametrize(
    "text",
    [
        "a < b, x[0], items[index], rows[user_id], <p>글</p>, 1 << 3, a<b>c",
        '<div class="x"><span>글</span><br/><video src="v"></video></div>',
        "vector<int> v; map<string, int> m; List<String> names = new ArrayList<>();",
        "[1] 참고 문헌, [가], [AI], [출처](https://e.kr), [link](https://example.org), - [ ] 할 일, [a|b]",
        "if (x <y && y> z) {}",
        "Array<string|number>, Array<[string, number]>, vector<_Tp>, <Box>, <pre>글</pre>, x>>SHIFT<<2, <user>, <son>",
        "[중요]! [링크]~ a[0]!=b[1], ◁ 앞으로 ▷, [e~], <answer>3</answer>, <ns:item/>, cin>>n; cout<<n;",
        "$|x| < |y|$, <https://example.org/a_b>",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert defuse(text) == text
