"""the growth card: ledger, entry sheets, disputes, self-tests and plans of students

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

LEDGERS = ('card_entry', 'card_mark_change', 'card_correction')
"""Tables that only grow: the database itself refuses anything else."""


def upgrade() -> None:
    op.create_table('card_posting',
    sa.Column('posting_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('cause', sa.String(length=16), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('data_version', sa.Integer(), nullable=False),
    sa.Column('rules_version', sa.String(length=32), nullable=False),
    sa.Column('posted_by', sa.String(length=64), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('reversals', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('posting_id')
    )
    with op.batch_alter_table('card_posting', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_posting_term_id'), ['term_id'], unique=False)

    op.create_table('card_sheet',
    sa.Column('sheet_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('collector', sa.String(length=8), nullable=False),
    sa.Column('unit_level', sa.String(length=12), nullable=False),
    sa.Column('unit_id', sa.BigInteger(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('task', sa.String(length=24), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('submitted_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('posted_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('sheet_id'),
    sa.UniqueConstraint('collector', 'unit_level', 'unit_id', 'term_id', 'task')
    )
    with op.batch_alter_table('card_sheet', schema=None) as batch_op:
        batch_op.create_index('ix_card_sheet_unit', ['unit_level', 'unit_id', 'term_id'], unique=False)

    op.create_table('card_standing',
    sa.Column('holder', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('term_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('holder_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('account', sa.String(length=16), nullable=False),
    sa.Column('net', sa.Integer(), nullable=False),
    sa.Column('possible', sa.Integer(), nullable=False),
    sa.Column('quarter', sa.SmallInteger(), nullable=True),
    sa.PrimaryKeyConstraint('holder', 'term_id', 'holder_id', 'account')
    )
    with op.batch_alter_table('card_standing', schema=None) as batch_op:
        batch_op.create_index('ix_card_standing_holder', ['holder', 'holder_id'], unique=False)

    op.create_table('card_term',
    sa.Column('term_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('key', sa.String(length=24), nullable=False),
    sa.Column('acad_start', sa.Integer(), nullable=False),
    sa.Column('number', sa.SmallInteger(), nullable=False),
    sa.Column('start_date', sa.Date(), nullable=False),
    sa.Column('end_date', sa.Date(), nullable=False),
    sa.Column('weeks', sa.JSON(), nullable=False),
    sa.Column('freezes_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('term_id'),
    sa.UniqueConstraint('key')
    )
    op.create_table('revised_figure',
    sa.Column('revision_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('code', sa.String(length=32), nullable=False),
    sa.Column('level', sa.String(length=12), nullable=False),
    sa.Column('entity_id', sa.BigInteger(), nullable=False),
    sa.Column('period_key', sa.String(length=24), nullable=False),
    sa.Column('before', sa.Double(), nullable=True),
    sa.Column('after', sa.Double(), nullable=True),
    sa.Column('source', sa.String(length=32), nullable=False),
    sa.Column('revised_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('revision_id')
    )
    with op.batch_alter_table('revised_figure', schema=None) as batch_op:
        batch_op.create_index('ix_revised_figure_entity', ['level', 'entity_id', 'code'], unique=False)

    op.create_table('self_test_response',
    sa.Column('response_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('student_id', sa.BigInteger(), nullable=False),
    sa.Column('scale', sa.String(length=32), nullable=False),
    sa.Column('scale_version', sa.String(length=16), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('score', sa.Double(), nullable=False),
    sa.Column('level', sa.String(length=8), nullable=False),
    sa.Column('parts', sa.JSON(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('response_id'),
    sa.UniqueConstraint('student_id', 'scale', 'term_id')
    )
    with op.batch_alter_table('self_test_response', schema=None) as batch_op:
        batch_op.create_index('ix_self_test_response_scale', ['term_id', 'scale'], unique=False)

    op.create_table('student_plan',
    sa.Column('plan_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('student_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('acad_start', sa.Integer(), nullable=False),
    sa.Column('situation', sa.Text(), server_default='', nullable=False),
    sa.Column('aim', sa.Text(), server_default='', nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('quality', sa.Double(), nullable=True),
    sa.Column('review', sa.Text(), server_default='', nullable=False),
    sa.Column('reviewed_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('plan_id'),
    sa.UniqueConstraint('student_id', 'kind', 'acad_start')
    )
    op.create_table('card_entry',
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('holder', sa.SmallInteger(), nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('point', sa.String(length=12), nullable=False),
    sa.Column('slot', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=9), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('raw', sa.Double(), nullable=True),
    sa.Column('points', sa.Integer(), nullable=False),
    sa.Column('possible', sa.Integer(), nullable=False),
    sa.Column('reversal_of', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('posting_id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=True),
    sa.Column('correction_id', sa.Integer(), nullable=True),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['posting_id'], ['card_posting.posting_id'], ),
    sa.ForeignKeyConstraint(['reversal_of'], ['card_entry.entry_id'], ),
    sa.PrimaryKeyConstraint('entry_id'),
    sa.UniqueConstraint('reversal_of')
    )
    with op.batch_alter_table('card_entry', schema=None) as batch_op:
        batch_op.create_index('ix_card_entry_account', ['holder', 'holder_id', 'term_id'], unique=False)
        batch_op.create_index('ix_card_entry_term', ['term_id', 'holder', 'point'], unique=False)

    op.create_table('card_mark',
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('holder', sa.SmallInteger(), nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=False),
    sa.Column('column', sa.String(length=32), nullable=False),
    sa.Column('value', sa.Double(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('edited_by', sa.String(length=64), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['card_sheet.sheet_id'], ),
    sa.PrimaryKeyConstraint('sheet_id', 'holder', 'holder_id', 'column')
    )
    with op.batch_alter_table('card_mark', schema=None) as batch_op:
        batch_op.create_index('ix_card_mark_holder', ['holder', 'holder_id'], unique=False)

    op.create_table('card_mark_change',
    sa.Column('change_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('holder', sa.SmallInteger(), nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=False),
    sa.Column('column', sa.String(length=32), nullable=False),
    sa.Column('before', sa.Double(), nullable=True),
    sa.Column('after', sa.Double(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('edited_by', sa.String(length=64), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['card_sheet.sheet_id'], ),
    sa.PrimaryKeyConstraint('change_id')
    )
    with op.batch_alter_table('card_mark_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_mark_change_sheet_id'), ['sheet_id'], unique=False)

    op.create_table('student_plan_goal',
    sa.Column('goal_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=1), nullable=False),
    sa.Column('position', sa.SmallInteger(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('measure', sa.Text(), server_default='', nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('is_done', sa.Boolean(), nullable=False),
    sa.Column('result', sa.Text(), server_default='', nullable=False),
    sa.Column('confirmed_by', sa.String(length=64), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['plan_id'], ['student_plan.plan_id'], ),
    sa.PrimaryKeyConstraint('goal_id')
    )
    with op.batch_alter_table('student_plan_goal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_student_plan_goal_plan_id'), ['plan_id'], unique=False)

    op.create_table('card_dispute',
    sa.Column('dispute_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('student_id', sa.BigInteger(), nullable=False),
    sa.Column('class_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('opened_by', sa.String(length=64), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), server_default='', nullable=False),
    sa.Column('proposed', sa.JSON(), nullable=True),
    sa.Column('answered_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decision', sa.Text(), server_default='', nullable=False),
    sa.Column('decided_by', sa.String(length=64), server_default='', nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['entry_id'], ['card_entry.entry_id'], ),
    sa.PrimaryKeyConstraint('dispute_id')
    )
    with op.batch_alter_table('card_dispute', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_dispute_class_id'), ['class_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_dispute_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_dispute_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_dispute_student_id'), ['student_id'], unique=False)

    op.create_table('card_correction',
    sa.Column('correction_id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('holder', sa.SmallInteger(), nullable=False),
    sa.Column('holder_id', sa.BigInteger(), nullable=False),
    sa.Column('term_id', sa.Integer(), nullable=False),
    sa.Column('point', sa.String(length=12), nullable=False),
    sa.Column('slot', sa.String(length=12), nullable=False),
    sa.Column('inputs', sa.JSON(), nullable=False),
    sa.Column('dispute_id', sa.Integer(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['dispute_id'], ['card_dispute.dispute_id'], ),
    sa.PrimaryKeyConstraint('correction_id')
    )
    with op.batch_alter_table('card_correction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_correction_term_id'), ['term_id'], unique=False)

    for table in LEDGERS:
        _refuse_changes(table)


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == 'sqlite':
        for action in ('UPDATE', 'DELETE'):
            op.execute(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
        return
    op.execute(
        f"CREATE FUNCTION {table}_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{table} only grows'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_only_grows BEFORE UPDATE OR DELETE ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_only_grows()"
    )


def downgrade() -> None:
    op.drop_table('card_correction')
    op.drop_table('card_dispute')
    op.drop_table('student_plan_goal')
    op.drop_table('card_mark_change')
    op.drop_table('card_mark')
    op.drop_table('card_entry')
    op.drop_table('student_plan')
    op.drop_table('self_test_response')
    op.drop_table('revised_figure')
    op.drop_table('card_term')
    op.drop_table('card_standing')
    op.drop_table('card_sheet')
    op.drop_table('card_posting')
    if op.get_bind().dialect.name != 'sqlite':
        for table in LEDGERS:
            op.execute(f'DROP FUNCTION {table}_only_grows()')
