"""Columns that no delivery may hold: what proves who a person is, told by the column's name.

The classes are those of C3 in JR/T 0171-2020 (个人金融信息保护技术规范), 4.2: magnetic track or chip data, card
verification values, card expiry, passwords, and biometric features used to tell a person; one-time codes
and the answers to security questions are C2, and C3 where they open an account together with its number.
GB/T 35273-2020 names the biometric ones. Post-loan management needs none of them.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from postloan.model.contract import Sensitivity
from postloan.model.label import Label


@dataclass(frozen=True, slots=True)
class Forbidden:
    """One kind of column that is never accepted.

    Args:
        label: What it is called in a message.
        sensitivity: Secret or biometric.
        zh: Chinese words; one anywhere in the name is enough.
        en: Words of a name, in a row; the ends of words don't count ("pin" is not in "opinion").
    """

    label: Label
    sensitivity: Sensitivity
    zh: tuple[str, ...]
    en: tuple[str, ...]


FORBIDDEN = (
    Forbidden(
        Label("密码", "password"),
        Sensitivity.SECRET,
        ("密码", "口令", "密保"),
        ("password", "passwd", "pwd", "passcode", "passphrase", "pass word", "pin", "secret", "mima"),
    ),
    Forbidden(
        Label("卡片验证码", "card verification value"),
        Sensitivity.SECRET,
        ("安全码", "卡片有效期", "卡有效期"),
        ("cvv", "cvn", "cvc", "card security code", "card expiry", "card expiration"),
    ),
    Forbidden(
        Label("磁道或芯片数据", "track or chip data"),
        Sensitivity.SECRET,
        ("磁道", "二磁", "磁条信息", "磁条数据", "芯片数据"),
        ("track 1", "track 2", "track 3", "track data", "magstripe", "magnetic stripe", "chip data"),
    ),
    Forbidden(
        Label("一次性验证码", "one-time code"),
        Sensitivity.SECRET,
        ("验证码", "动态码"),
        ("otp", "one time code", "verification code", "verify code", "sms code"),
    ),
    Forbidden(
        Label("密钥", "secret key"),
        Sensitivity.SECRET,
        ("私钥", "密钥"),
        ("private key", "secret key", "api key"),
    ),
    Forbidden(
        Label("指纹", "fingerprint"),
        Sensitivity.BIOMETRIC,
        ("指纹", "掌纹", "指静脉", "掌静脉"),
        ("fingerprint", "finger print", "thumbprint", "palmprint", "palm print", "palm vein", "finger vein"),
    ),
    Forbidden(
        Label("人脸", "face"),
        Sensitivity.BIOMETRIC,
        ("人脸", "脸部", "面部特征", "面部识别", "面部图像", "面部照片"),
        (
            *(
                "face id",
                "face image",
                "face photo",
                "face picture",
                "face feature",
                "face template",
                "face scan",
            ),
            *("face embedding", "face vector", "face encoding", "face print", "face data"),
            *("faceid", "faceprint", "facial"),
        ),
    ),
    Forbidden(
        Label("其他生物特征", "other biometric feature"),
        Sensitivity.BIOMETRIC,
        ("虹膜", "视网膜", "声纹", "耳廓", "基因", "生物特征", "生物识别", "步态特征"),
        ("iris", "retina", "voiceprint", "voice print", "dna", "genome", "biometric"),
    ),
)

# Names that hold such a word and mean something else.
_FRIENDS_ZH = re.compile(r"(?:设备|浏览器|证书|文件|终端)指纹|密码器")
_FRIENDS_EN = re.compile(
    r"\b(?:device|browser|certificate|cert|file|key|sha|md)(?: \d+)? finger ?print\b|\bpin yin\b|"
    r"\bface (?:value|amount)\b"
)
# Names that say something about a secret and don't hold it: 是否人脸识别, 密码修改日期, otp_status.
_ABOUT_ZH = re.compile("是否|(?:结果|状态|次数|日期|时间|方式|标志|得分|分数)$")
_ABOUT_EN = re.compile(
    r"^(?:is|has) |\b(?:status|result|flag|count|attempts|time|on|at|type|method|score|enabled|verified|changed|"
    r"expired|required|passed|(?<!expiry )(?<!expiration )date)$"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def forbidden(name: str) -> Forbidden | None:
    """Return why a column of this name is never accepted; None if it may be.

    The name alone decides, so that nothing has to be read first. A lender whose harmless column is
    caught renames it.
    """
    plain = unicodedata.normalize("NFKC", name)
    han = "".join(_HAN.findall(plain))
    words = " ".join(word.lower() for word in _WORDS.findall(plain))
    # What follows in Chinese may say what a Latin word is about, and the other way round: OTP状态.
    if _ABOUT_ZH.search(han) or _ABOUT_EN.search(words):
        return None
    han, words = _FRIENDS_ZH.sub("", han), _FRIENDS_EN.sub("", words)
    return next((kind for kind in FORBIDDEN if _names(kind, han, words)), None)


def _names(kind: Forbidden, han: str, words: str) -> bool:
    padded = f" {words} "
    return any(word in han for word in kind.zh) or any(
        f" {word}{plural} " in padded for word in kind.en for plural in ("", "s")
    )
