//! The tables, one description for every database.
//!
//! Ids are 16 bytes, times are 64-bit microseconds since 1970 UTC.

diesel::table! {
    messages (project_id, created_at, id) {
        project_id -> Text,
        created_at -> BigInt,
        id -> Binary,
        event_id -> Text,
        action_id -> Nullable<Text>,
        detail_id -> Nullable<Text>,
        resource_type -> Nullable<Text>,
        resource_uuid -> Nullable<Text>,
        request_id -> Text,
        message_level -> Text,
        parameters -> Nullable<Text>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (scope) {
        scope -> Binary,
        request -> Binary,
        ids -> Binary,
        created_at -> BigInt,
        request_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    outbox (target, id) {
        target -> Text,
        id -> Binary,
        created_at -> BigInt,
        event_type -> Text,
        priority -> Text,
        publisher_id -> Text,
        project_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        payload -> Text,
        call_report -> Nullable<Text>,
    }
}

diesel::table! {
    events (id) {
        id -> Binary,
        created_at -> BigInt,
        event_type -> Text,
        priority -> Text,
        publisher_id -> Text,
        project_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        payload -> Text,
        call_report -> Nullable<Text>,
    }
}

diesel::table! {
    pending_events (id) {
        id -> Binary,
        created_at -> BigInt,
        event_type -> Text,
        priority -> Text,
        publisher_id -> Text,
        project_id -> Nullable<Text>,
        request_id -> Nullable<Text>,
        payload -> Text,
        call_report -> Nullable<Text>,
    }
}

diesel::table! {
    deliveries (target, event_id) {
        target -> Text,
        event_id -> Binary,
        created_at -> BigInt,
        state -> SmallInt,
        due -> Nullable<BigInt>,
        attempts -> Integer,
        claimed_by -> Nullable<Binary>,
        order_key -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    attempts (target, event_id, id) {
        target -> Text,
        event_id -> Binary,
        id -> Binary,
        started_at -> BigInt,
        milliseconds -> Integer,
        is_delivered -> Bool,
        status -> Nullable<Integer>,
        answer -> Text,
    }
}

diesel::table! {
    listeners (id) {
        id -> Binary,
        target -> Text,
        project_id -> Text,
        name -> Nullable<Text>,
        notifier_type -> Text,
        is_enabled -> Bool,
        settings -> Text,
        secrets -> Nullable<Binary>,
        created_at -> BigInt,
        updated_at -> BigInt,
        failing_since -> Nullable<BigInt>,
        disabled_reason -> Nullable<Text>,
        digest_due -> Nullable<BigInt>,
        failures -> Integer,
        failed_at -> Nullable<BigInt>,
        is_hidden -> Bool,
    }
}

diesel::table! {
    subscriptions (event_type, project_id, listener_id) {
        event_type -> Text,
        project_id -> Text,
        listener_id -> Binary,
        is_ordered -> Bool,
        is_full -> Bool,
    }
}

diesel::table! {
    subscription_version (id) {
        id -> Integer,
        version -> BigInt,
        catalog -> Text,
    }
}

diesel::table! {
    confirmations (project_id, address) {
        project_id -> Text,
        address -> Text,
        mailbox -> Text,
        state -> SmallInt,
        due -> Nullable<BigInt>,
        tries -> Integer,
        mails -> Integer,
        token -> Nullable<Binary>,
        asked_at -> Nullable<BigInt>,
        decided_at -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(deliveries, pending_events);
diesel::allow_tables_to_appear_in_same_query!(deliveries, events);

diesel::table! {
    browser_sessions (id) {
        id -> Binary,
        token -> Binary,
        expires_at -> BigInt,
        ends_at -> BigInt,
    }
}

diesel::table! {
    read_marks (project_id, user_id, created_at, message_id) {
        project_id -> Text,
        user_id -> Text,
        created_at -> BigInt,
        message_id -> Binary,
        expires_at -> Nullable<BigInt>,
        state -> SmallInt,
        was -> SmallInt,
        change_id -> Nullable<BigInt>,
    }
}

diesel::table! {
    read_watermarks (project_id, user_id) {
        project_id -> Text,
        user_id -> Text,
        read_until -> BigInt,
        late_turn -> BigInt,
    }
}

diesel::table! {
    late_messages (project_id, turn, created_at, message_id) {
        project_id -> Text,
        turn -> BigInt,
        created_at -> BigInt,
        message_id -> Binary,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    late_turns (id) {
        id -> Integer,
        turn -> BigInt,
    }
}

diesel::table! {
    ingest_keys (digest) {
        digest -> Binary,
        expires_at -> BigInt,
    }
}

diesel::table! {
    resource_owners (resource) {
        resource -> Binary,
        project_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    follow_positions (service) {
        service -> Text,
        expires_at -> BigInt,
        ttl -> BigInt,
        walked -> Text,
        since -> BigInt,
    }
}

diesel::table! {
    followed_rows (id) {
        id -> Binary,
        message_id -> Nullable<Binary>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pairings (digest) {
        digest -> Binary,
        side -> SmallInt,
        ids -> Binary,
        turn -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    recorded_counts (project_id, grain, begins_at, service, code) {
        project_id -> Text,
        grain -> SmallInt,
        begins_at -> BigInt,
        service -> Text,
        code -> Text,
        errors -> BigInt,
        warnings -> BigInt,
        infos -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    recorded_until (id) {
        id -> Integer,
        created_at -> BigInt,
        message_id -> Binary,
        turn -> BigInt,
        hours_kept -> BigInt,
        days_kept -> BigInt,
    }
}

diesel::table! {
    unmatched_notifications (publisher, event_type, reason) {
        publisher -> Text,
        event_type -> Text,
        reason -> Text,
        count -> BigInt,
        first_at -> BigInt,
        last_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    failover_segments (id) {
        id -> BigInt,
        uuid -> Binary,
        created_at -> BigInt,
        updated_at -> Nullable<BigInt>,
        name -> Text,
        service_type -> Text,
        enabled -> Bool,
        description -> Nullable<Text>,
        recovery_method -> Text,
    }
}

diesel::table! {
    failover_hosts (id) {
        id -> BigInt,
        uuid -> Binary,
        created_at -> BigInt,
        updated_at -> Nullable<BigInt>,
        name -> Text,
        kind -> Text,
        control_attributes -> Text,
        reserved -> Bool,
        on_maintenance -> Bool,
        segment_uuid -> Binary,
        reports -> BigInt,
    }
}

diesel::table! {
    failure_notifications (id) {
        id -> BigInt,
        uuid -> Binary,
        created_at -> BigInt,
        updated_at -> Nullable<BigInt>,
        generated_time -> BigInt,
        source_host_uuid -> Binary,
        segment_uuid -> Nullable<Binary>,
        kind -> Text,
        payload -> Text,
        fingerprint -> Binary,
        status -> Text,
        message -> Nullable<Text>,
        turn -> Nullable<Text>,
        due -> Nullable<BigInt>,
        engine -> Nullable<Text>,
        term -> BigInt,
        lease_until -> Nullable<BigInt>,
        leased_host -> Nullable<Binary>,
        retries -> Integer,
        tenants -> Nullable<Text>,
    }
}

diesel::table! {
    failure_updates (notification_uuid, id) {
        notification_uuid -> Binary,
        id -> Binary,
        at -> BigInt,
        from_status -> Text,
        to_status -> Text,
        cause -> Text,
    }
}

diesel::table! {
    failure_steps (notification_uuid, id) {
        notification_uuid -> Binary,
        id -> Binary,
        at -> BigInt,
        step -> Text,
        state -> Text,
        progress -> Integer,
        message -> Text,
    }
}

diesel::table! {
    failure_vmoves (id) {
        id -> BigInt,
        uuid -> Binary,
        created_at -> BigInt,
        updated_at -> Nullable<BigInt>,
        notification_uuid -> Binary,
        instance_uuid -> Text,
        instance_name -> Nullable<Text>,
        source_host -> Nullable<Text>,
        dest_host -> Nullable<Text>,
        start_time -> Nullable<BigInt>,
        end_time -> Nullable<BigInt>,
        kind -> Nullable<Text>,
        status -> Text,
        message -> Nullable<Text>,
    }
}
