"""Dollars a month of what stands whether anybody asks or not; most of it is a choice of parameters."""

from __future__ import annotations

from devstack.costing.cost_line import CostLine
from devstack.costing.price_list import PriceList

ALARM_METRICS = 45
"""That the alarms of monitoring.yaml and template.yaml look at; each is paid for."""

FIREWALL_RULES = 4
SECRETS = 3
INTERFACE_ENDPOINTS = 2
SECONDS_AN_HOUR = 3600


def standing(prices: PriceList) -> list[CostLine]:
    """Return what parts of a stack cost a month."""
    hours = prices["hours_a_month"]
    return [
        CostLine(
            "firewall (WafMode)",
            prices["waf_acl_month_usd"] + FIREWALL_RULES * prices["waf_rule_month_usd"],
            f"waf_acl_month_usd + {FIREWALL_RULES} * waf_rule_month_usd",
        ),
        CostLine(
            "key, secrets, alarms",
            prices["kms_key_month_usd"]
            + SECRETS * prices["secret_month_usd"]
            + ALARM_METRICS * prices["alarm_month_usd"],
            f"kms_key_month_usd + {SECRETS} * secret_month_usd + {ALARM_METRICS} * alarm_month_usd",
        ),
        CostLine("a NAT gateway (NetworkEgress)", hours * prices["nat_hour_usd"], "hours_a_month * nat_hour_usd"),
        CostLine(
            "endpoints in two zones (NetworkEgress=none)",
            hours * INTERFACE_ENDPOINTS * 2 * prices["endpoint_hour_usd"],
            f"hours_a_month * {INTERFACE_ENDPOINTS} endpoints * 2 zones * endpoint_hour_usd",
        ),
        *(
            CostLine(
                f"two nodes of cache.{node} (MakeValkey)",
                hours * 2 * prices[f"valkey_{size}_node_hour_usd"],
                f"hours_a_month * 2 * valkey_{size}_node_hour_usd",
            )
            for node, size in (("t4g.small", "small"), ("m7g.large", "large"))
        ),
        CostLine(
            "ProvisionedEnvironments=1",
            hours
            * SECONDS_AN_HOUR
            * (2 * prices["worker_gb"] + prices["authorizer_gb"])
            * prices["lambda_provisioned_gb_second_usd"],
            "hours_a_month * 3,600 * (2 * worker_gb + authorizer_gb) * lambda_provisioned_gb_second_usd",
        ),
    ]
