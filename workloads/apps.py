from django.apps import AppConfig

from people import estates, telling
from signoffs.subjects import register


class WorkloadsConfig(AppConfig):
    name = "workloads"

    def ready(self) -> None:
        from people import confirmations, guarding  # noqa: PLC0415 (models are not ready before)
        from workloads import signing_policy  # noqa: PLC0415 (models are not ready before)
        from workloads.gates.signing import WAIVER, WaiverSubject  # noqa: PLC0415 (models are not ready before)
        from workloads.handover import Places, Reviews  # noqa: PLC0415 (models are not ready before)
        from workloads.signing import CLASSIFICATION, REAFFIRMATION, ClassificationSubject, ReaffirmationSubject  # noqa: PLC0415 (models are not ready before)
        from workloads.signing_rules import DEED, SigningRuleEdit, signing_roles  # noqa: PLC0415 (models are not ready before)
        from workloads.telling import RoleTeller  # noqa: PLC0415 (models are not ready before)

        estates.register("reviews", Reviews())
        estates.register_places(Places())
        register(CLASSIFICATION, ClassificationSubject())
        register(REAFFIRMATION, ReaffirmationSubject())
        register(WAIVER, WaiverSubject())
        telling.register(RoleTeller())
        guarding.register_signing_roles(signing_roles)
        confirmations.register(DEED, SigningRuleEdit())
        confirmations.register(signing_policy.DEED, signing_policy.SigningPolicyEdit())
